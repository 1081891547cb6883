/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "guard.bpf.skel.h"

#define BIT(i) (1u << (i))
#define LSM_HOOKS                                                                                            \
        (BIT(GUARD_PROGRAM_LSM_CONNECT) | BIT(GUARD_PROGRAM_LSM_SENDMSG) | BIT(GUARD_PROGRAM_LSM_CREATE) |  \
         BIT(GUARD_PROGRAM_LSM_LISTEN) | BIT(GUARD_PROGRAM_LSM_SETSOCKOPT))

static const struct program_forms forms[_GUARD_PROGRAM_MAX] = {
        [GUARD_PROGRAM_CONNECT4] = { { "guard_connect4" } },
        [GUARD_PROGRAM_CONNECT6] = { { "guard_connect6" } },
        [GUARD_PROGRAM_SENDMSG4] = { { "guard_sendmsg4" } },
        [GUARD_PROGRAM_SENDMSG6] = { { "guard_sendmsg6" } },
        [GUARD_PROGRAM_SOCK_CREATE] = { { "guard_sock_create" } },
        [GUARD_PROGRAM_SETSOCKOPT] = { { "guard_setsockopt" } },
        [GUARD_PROGRAM_LSM_CONNECT] = { { "guard_lsm_connect" } },
        [GUARD_PROGRAM_LSM_SENDMSG] = { { "guard_lsm_sendmsg" } },
        [GUARD_PROGRAM_LSM_CREATE] = { { "guard_lsm_create" } },
        [GUARD_PROGRAM_LSM_LISTEN] = { { "guard_lsm_listen" } },
        [GUARD_PROGRAM_LSM_SETSOCKOPT] = { { "guard_lsm_setsockopt" } },
        [GUARD_PROGRAM_IDENTIFY] = { { "guard_identify" } },
        [GUARD_PROGRAM_TRY] = { { "guard_try" } },
};

static void *open_skeleton(const void *userdata, bool trial)
{
        const struct program_sizes *sizes = userdata;
        struct guard_bpf *skel = guard_bpf__open();

        if (!skel)
                return NULL;
        skel->rodata->config.n_shards = sizes->n_shards;
        skel->rodata->config.elsewhere = sizes->n_groups * sizes->n_shards;
        skel->rodata->config.scope = sizes->scope;
        skel->rodata->config.scope_level = sizes->scope_level;
        if (bpf_map__set_max_entries(skel->maps.counts, trial ? 1 : (sizes->n_groups + 1) * sizes->n_shards) < 0 ||
            bpf_map__set_max_entries(skel->maps.allowed, trial ? 1 : sizes->n_shards << GUARD_VERDICT_BITS) < 0) {
                guard_bpf__destroy(skel);
                return NULL;
        }
        return skel;
}

PROGRAMS_SKELETON(guard)

static const struct program_skeleton skeleton = { open_skeleton, guard_object, guard_load, guard_destroy };

static size_t counts_size(const struct program_sizes *s)
{
        return (size_t) (s->n_groups + 1) * s->n_shards * sizeof(struct guard_counts);
}

void program_init(struct program *p, const struct program_sizes *sizes)
{
        struct timespec now;

        (void) clock_gettime(CLOCK_BOOTTIME, &now);
        *p = (struct program){
                .programs = { .forms = forms },
                .sizes = *sizes,
                .since_ns = (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec,
        };
        p->control = &p->none;
}

bool program_is_loaded(const struct program *p)
{
        return p->control && p->control != &p->none;
}

static void unload(struct program *p)
{
        if (program_is_loaded(p))
                (void) munmap(p->control, sizeof(*p->control));
        if (p->question)
                (void) munmap(p->question, sizeof(*p->question));
        if (p->counts)
                (void) munmap(p->counts, counts_size(&p->sizes));
        programs_done(&p->programs);
        p->programs.forms = forms;
        p->control = &p->none;
        p->question = NULL;
        p->counts = NULL;
}

static int map_shared(struct program *p)
{
        struct guard_control *control = programs_mmap(&p->programs, "control", sizeof(*control));

        if (!control)
                return -errno;
        p->control = control;
        p->question = programs_mmap(&p->programs, "question", sizeof(*p->question));
        p->counts = p->question ? programs_mmap(&p->programs, "counts", counts_size(&p->sizes)) : NULL;
        return p->counts ? 0 : -errno;
}

int program_load(struct program *p)
{
        uint32_t needed = BIT(_GUARD_PROGRAM_MAX) - 1;
        int r = programs_load(&p->programs, &skeleton, forms, _GUARD_PROGRAM_MAX, p->sizes.lsm ? needed : needed & ~LSM_HOOKS, &p->sizes);

        r = r < 0 ? r : map_shared(p);
        if (r < 0)
                unload(p);
        return r;
}

void program_done(struct program *p)
{
        program_detach(p);
        unload(p);
        free(p->pinned);
        p->pinned = NULL;
}

/* --- a policy --- */

/* The tables of a generation, each in a map of maps of its name. */
enum { LINES, TERMS, EDGES, EXES, UIDS, _TABLE_MAX };

static const char *const table_names[_TABLE_MAX] = { "lines", "terms", "edges", "exes", "uids" };

/* An array, or a hash of keys and values that stand side by side in elements of `stride` bytes. */
struct contents {
        bool is_hash;
        uint32_t key_size, value_size, stride, value_at;
        const void *at;
        uint32_t n, room;
};

/* From `first` on. */
static int fill_array(int fd, uint32_t first, const void *at, uint32_t n)
{
        LIBBPF_OPTS(bpf_map_batch_opts, options);
        uint32_t *keys = calloc(n, sizeof(*keys));
        int r;

        if (!keys)
                return -ENOMEM;
        for (uint32_t i = 0; i < n; i++)
                keys[i] = first + i;
        r = bpf_map_update_batch(fd, keys, at, &n, &options) < 0 ? -errno : 0;
        free(keys);
        return r;
}

static int fill_hash(int fd, const struct contents *c)
{
        for (uint32_t i = 0; i < c->n; i++) {
                const char *element = (const char *) c->at + (size_t) i * c->stride;

                if (bpf_map_update_elem(fd, element, element + c->value_at, BPF_ANY) < 0)
                        return -errno;
        }
        return 0;
}

static int make_table(const char *name, const struct contents *c)
{
        LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = c->is_hash ? 0 : BPF_F_INNER_MAP);
        int fd = bpf_map_create(c->is_hash ? BPF_MAP_TYPE_HASH : BPF_MAP_TYPE_ARRAY, name, c->key_size, c->value_size,
                                c->room > 0 ? c->room : 1, &options), r = 0;

        if (fd < 0)
                return -errno;
        if (c->n > 0)
                r = c->is_hash ? fill_hash(fd, c) : fill_array(fd, 0, c->at, c->n);
        if (r >= 0)
                return fd;
        (void) close(fd);
        return r;
}

#define ARRAY(at_, n_, type) (struct contents){ false, sizeof(uint32_t), sizeof(type), 0, 0, (at_), (n_), (n_) }
#define HASH_TABLE(at_, n_, room_, type, key, value)                                                         \
        (struct contents)                                                                                    \
        {                                                                                                    \
                true, sizeof(((type *) 0)->key), sizeof(((type *) 0)->value), sizeof(type), offsetof(type, value), (at_), (n_), (room_) \
        }

static int make_tables(const struct policy *policy, const struct tasks *tasks, int fds[_TABLE_MAX])
{
        const struct contents contents[_TABLE_MAX] = {
                [LINES] = ARRAY(policy->table.lines, policy->table.n_all, union guard_line),
                [TERMS] = ARRAY(policy->table.blocks, policy->table.n_blocks, struct guard_block),
                [EDGES] = HASH_TABLE(policy->paths.edges, (uint32_t) policy->paths.n, (uint32_t) policy->paths.n, struct path_edge, key, edge),
                [EXES] = HASH_TABLE(tasks->exes, tasks->n_exes, tasks->n_exes, struct guard_exe_of, inode, bits),
                [UIDS] = HASH_TABLE(tasks->uids, tasks->n_uids, tasks->n_uids, struct guard_uid_of, uid, bits),
        };
        int r = 0;

        for (int i = 0; i < _TABLE_MAX; i++)
                fds[i] = -1;
        for (int i = 0; i < _TABLE_MAX && r >= 0; i++)
                r = fds[i] = make_table(table_names[i], &contents[i]);
        return r < 0 ? r : 0;
}

/* The kernel answers when nobody looks at what was there before. */
static int place(const struct program *p, const char *outer, uint32_t generation, int inner)
{
        return bpf_map_update_elem(programs_map(&p->programs, outer), &generation, &inner, BPF_ANY) < 0 ? -errno : 0;
}

/* Those that nobody looks into need not be placed, and waited for. */
static bool is_looked_at(const struct policy *policy, int table)
{
        switch (table) {
        case TERMS:
                return policy->table.n_blocks > 0;
        case EDGES:
                return policy->set.has_cgroups;
        case EXES:
                return policy->set.has_exes;
        case UIDS:
                return policy->set.has_uids;
        default:
                return true;
        }
}

/* What is known of cgroups by the policy before the last goes, and what user space knows by the new one comes. */
static int place_classes(const struct program *p, uint32_t generation, const struct tasks *tasks)
{
        int map = programs_map(&p->programs, "classes"), r = 0;
        struct guard_class_key key, next;

        for (int more = bpf_map_get_next_key(map, NULL, &next); more == 0;) {
                key = next;
                more = bpf_map_get_next_key(map, &key, &next);
                if (key.generation == generation)
                        (void) bpf_map_delete_elem(map, &key);
        }
        for (uint32_t i = 0; i < tasks->n_classes && r >= 0; i++) {
                key = (struct guard_class_key){ tasks->classes[i].cgroup, generation };
                r = bpf_map_update_elem(map, &key, &tasks->classes[i].class, BPF_ANY) < 0 ? -errno : 0;
        }
        return r;
}

/* Makes all of it ready; *ret_stamp puts it in force. */
static int place_all(struct program *p, uint32_t generation, const struct policy *policy, const struct tasks *tasks, const int fds[_TABLE_MAX],
                     uint64_t *ret_stamp)
{
        struct guard_set set = policy->set;
        int r;

        set.stamp = ++p->n_policies << GUARD_STAMP_BITS | (set.has_uids || set.has_exes ? GUARD_STAMP_ASKS : 0) | generation;

        /* Who was held up since before the last switch still looks at what is about to be replaced: he is waited for. */
        r = place(p, "turnstile", 0, fds[LINES]);
        for (int i = 0; i < _TABLE_MAX && r >= 0; i++)
                if (is_looked_at(policy, i))
                        r = place(p, table_names[i], generation, fds[i]);
        if (r >= 0 && policy->n_layers > 0)
                r = fill_array(programs_map(&p->programs, "layers"), generation * GUARD_LAYERS_MAX, policy->layers, policy->n_layers);
        if (r >= 0)
                r = place_classes(p, generation, tasks);
        *ret_stamp = set.stamp;
        return r >= 0 ? fill_array(programs_map(&p->programs, "sets"), generation, &set, 1) : r;
}

static uint32_t generation_of(const struct program *p)
{
        return p->control->in_force & GUARD_STAMP_GENERATION;
}

int program_swap(struct program *p, const struct policy *policy, const struct tasks *tasks)
{
        uint64_t stamp;
        int fds[_TABLE_MAX], r = make_tables(policy, tasks, fds);

        if (r >= 0)
                r = place_all(p, !generation_of(p), policy, tasks, fds, &stamp);
        if (r >= 0) {
                __atomic_store_n(&p->control->in_force, stamp, __ATOMIC_RELEASE);
                __atomic_add_fetch(&p->control->stamp, 1, __ATOMIC_RELEASE);
        }
        for (int i = 0; i < _TABLE_MAX; i++)
                if (fds[i] >= 0)
                        (void) close(fds[i]);
        return r;
}

int program_set_class(struct program *p, uint64_t cgroup, const struct guard_class *class)
{
        struct guard_class_key key = { cgroup, generation_of(p) };

        return bpf_map_update_elem(programs_map(&p->programs, "classes"), &key, class, BPF_ANY) < 0 ? -errno : 0;
}

void program_forget_class(struct program *p, uint64_t cgroup)
{
        for (uint64_t generation = 0; generation < 2; generation++) {
                struct guard_class_key key = { cgroup, generation };

                (void) bpf_map_delete_elem(programs_map(&p->programs, "classes"), &key);
        }
}

void program_set_mode(struct program *p, uint32_t mode)
{
        __atomic_store_n(&p->control->mode, mode, __ATOMIC_RELEASE);
        __atomic_add_fetch(&p->control->stamp, 1, __ATOMIC_RELEASE);
}

/* --- questions --- */

int program_identify(const struct program *p, int fd, struct guard_inode *ret)
{
        const struct guard_bpf *skel = p->programs.loaded;
        uint64_t args[1] = { (uint64_t) fd };
        LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = args, .ctx_size_in = sizeof(args));
        int program = programs_fd(&p->programs, GUARD_PROGRAM_IDENTIFY);

        if (program < 0)
                return -EOPNOTSUPP;
        if (bpf_prog_test_run_opts(program, &options) < 0)
                return -errno;
        if (options.retval != 0)
                return -EBADF;
        ret->number = skel->bss->identity.number;
        ret->device = skel->bss->identity.device;
        ret->generation = skel->bss->identity.generation;
        return 0;
}

int program_try(struct program *p, const struct guard_request *rq, const struct guard_class *class)
{
        uint64_t args[1] = {};
        LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = args, .ctx_size_in = sizeof(args));
        int program = programs_fd(&p->programs, GUARD_PROGRAM_TRY);

        if (program < 0)
                return -EOPNOTSUPP;
        *p->question = (struct guard_question){ .request = *rq, .class = *class };
        if (bpf_prog_test_run_opts(program, &options) < 0)
                return -errno;
        if (options.retval != 0)
                return -EIO;
        return (int) p->question->verdict;
}
