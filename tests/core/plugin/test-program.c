/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/plugin.h"

/* What a plugin's BPF programs and maps cost, on the running kernel. Needs the right to load them. */

/* r1 = map; r0 = 0; exit: a program that has a map and does nothing with it. */
static int load_program(int map_fd)
{
        const struct bpf_insn code[] = {
                { .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1, .src_reg = BPF_PSEUDO_MAP_FD,
                  .imm = map_fd },
                {},
                { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
                { .code = BPF_JMP | BPF_EXIT },
        };

        return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "trimtab_test", "GPL", code, 4, NULL);
}

static void test_a_shared_map_counts_once(void **state)
{
        struct plugin_context context = {};
        struct plugin p = { .context = &context, .name = "p" };
        int map_fd, first, second;

        map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "trimtab_test", 4, 1024, 1024, NULL);
        first = map_fd < 0 ? -1 : load_program(map_fd);
        if (first < 0) {
                print_message("no right to load BPF programs here: %s\n", strerror(errno));
                skip();
        }
        second = load_program(map_fd);
        assert_true(second >= 0);

        host_init(&p);
        p.host.program(&p.host, "first", first, NULL);
        p.host.program(&p.host, "second", second, NULL);
        p.host.program(&p.host, "third", -1, "the kernel\nsaid no");
        /* Attached again: the same entry. */
        p.host.program(&p.host, "first", first, NULL);

        assert_int_equal(p.n_programs, 3);
        assert_string_equal(p.programs[0].name, "first");
        assert_null(p.programs[0].reason);
        assert_true(p.programs[0].id != 0 && p.programs[1].id != 0);
        assert_true(p.programs[0].id != p.programs[1].id);
        assert_in_range(p.programs[0].map_bytes, 1024 * 1024, 2 * 1024 * 1024);
        assert_int_equal(p.programs[1].map_bytes, 0);
        assert_int_equal(p.programs[2].id, 0);
        assert_string_equal(p.programs[2].reason, "the kernel\\x0asaid no");

        programs_clear(&p);
        free(context.map_ids);
        (void) close(first);
        (void) close(second);
        (void) close(map_fd);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_shared_map_counts_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
