/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The xdp plugin in a process of its own, moved by words on its standard input: what a daemon would do in the namespace that it is
 * started in. Each line is answered by one.
 *
 *     routes-host PLUGIN.so [OPTION=VALUE…]
 *
 *     iface NAME              it came
 *     gone NUMBER             an interface went
 *     route NAME KEY=ITEM[,ITEM]… …    one more for the next configure
 *     configure               those are all: 0, or an error
 *     knob KNOB IFACE WORD
 *     limit KNOB IFACE NUMBER
 *     collect
 *     metric NAME SCOPE OBJECT   a number; for routes OBJECT is the name
 *     path ROUTE              what it has picked
 *     close, open
 */

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/tc.h"
#include "testhost.h"

#define ENTRIES_MAX 300
#define ITEMS_MAX   64

static const char *file;
static char **options; /* NULL behind them */
static struct testhost *th;
static const struct trimtab_entry *entries[ENTRIES_MAX];
static uint32_t n_entries;

static uint32_t section_number(const struct trimtab_plugin *p)
{
        for (uint32_t i = 0; i < p->n_sections; i++)
                if (strcmp(p->sections[i].name, "route") == 0)
                        return i;
        abort();
}

static void put_items(const struct trimtab_key *key, struct trimtab_items *to, char *text, char *why, uint32_t size)
{
        const char **texts = calloc(ITEMS_MAX, sizeof(*texts));
        double *numbers = key->type == TRIMTAB_KEY_NUMBER ? calloc(ITEMS_MAX, sizeof(*numbers)) : NULL;
        char *save = NULL;

        for (char *item = strtok_r(text, ",", &save); item && to->n < ITEMS_MAX; item = strtok_r(NULL, ",", &save)) {
                if (key->check && !*why)
                        (void) key->check(item, why, size);
                if (numbers)
                        numbers[to->n] = atof(item);
                texts[to->n++] = strdup(item);
        }
        to->texts = texts;
        to->numbers = numbers;
}

static void entry_free(struct trimtab_entry *e)
{
        for (uint32_t k = 0; k < e->n_items; k++) {
                const struct trimtab_items *items = &e->items[k];

                for (uint32_t i = 0; i < items->n; i++)
                        free((char *) items->texts[i]);
                free((void *) items->texts);
                free((double *) items->numbers);
        }
        free((struct trimtab_items *) e->items);
        free((char *) e->name);
        free(e);
}

/* The plugin keeps nothing of them. */
static void forget_entries(void)
{
        for (uint32_t i = 0; i < n_entries; i++)
                entry_free((struct trimtab_entry *) entries[i]);
        n_entries = 0;
}

/* As the host would: keys in their order, each item checked, then the whole. */
static const char *make_entry(char *words)
{
        const struct trimtab_plugin *p = testhost_plugin(th);
        uint32_t number = section_number(p);
        const struct trimtab_section *section = &p->sections[number];
        struct trimtab_items *items = calloc(section->n_keys, sizeof(*items));
        struct trimtab_entry *e = calloc(1, sizeof(*e));
        static char why[256];
        char *save = NULL;

        why[0] = '\0';
        *e = (struct trimtab_entry){ .size = sizeof(*e), .section = number, .path = "test", .line = 1, .n_items = section->n_keys,
                                     .items = items };
        e->name = strdup(strtok_r(words, " ", &save));
        for (char *word = strtok_r(NULL, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
                char *value = strchr(word, '=');

                *value++ = '\0';
                for (uint32_t k = 0; k < section->n_keys; k++)
                        if (strcmp(section->keys[k].name, word) == 0)
                                put_items(&section->keys[k], &items[k], value, why, sizeof(why));
        }
        if (!*why && section->check)
                (void) section->check(e, why, sizeof(why));
        if (!*why && n_entries < ENTRIES_MAX)
                entries[n_entries++] = e;
        else
                entry_free(e);
        return why;
}

static int set_knob(char *words, uint32_t type)
{
        const struct trimtab_plugin *p = testhost_plugin(th);
        struct trimtab_value value = { .size = sizeof(value), .type = type };
        char knob[64], iface[64];

        if (sscanf(words, "%63s %63s %1023s", knob, iface, value.text) != 3)
                return -EINVAL;
        value.number = atof(value.text);
        for (uint32_t i = 0; i < p->n_knobs; i++)
                if (strcmp(p->knobs[i].name, knob) == 0)
                        return p->knobs[i].apply(testhost_self(th), if_nametoindex(iface), &value);
        return -ENOENT;
}

/* FNV-1a: the plugin's number of a name. */
static uint64_t key_of(const char *name)
{
        uint64_t h = 0xcbf29ce484222325ull;

        for (; *name; name++)
                h = (h ^ (uint8_t) *name) * 0x100000001b3ull;
        return h;
}

static void answer_metric(const char *words)
{
        char name[64], scope[32], object[64];
        const struct testhost_sample *s;

        if (sscanf(words, "%63s %31s %63s", name, scope, object) != 3) {
                (void) puts("what?");
                return;
        }
        s = testhost_sample(th, name, strcmp(scope, "iface") == 0 ? if_nametoindex(object) : key_of(object));
        if (s)
                (void) printf("%.0f\n", s->value);
        else
                (void) puts("none");
}

/* Filters of tc as the daemon adds them, but for the ledger. */
static int add_filter(int program_fd, uint32_t ifindex, uint32_t priority, uint32_t handle)
{
        const struct tc_place place = { ifindex, priority, handle };
        int r = tc_add_clsact(ifindex);

        return r < 0 && r != -EEXIST ? r : tc_filter_add(&place, program_fd);
}

static int remove_filter(uint32_t ifindex, uint32_t priority, uint32_t handle)
{
        const struct tc_place place = { ifindex, priority, handle };

        (void) tc_filter_remove(&place);
        return tc_remove_empty_clsact(ifindex);
}

static void open_plugin(void)
{
        static const struct testhost_filters filters = { add_filter, remove_filter };

        th = testhost_new(file);
        if (!th)
                exit(1);
        testhost_set_filters(th, &filters);
        for (char **option = options; *option; option++) {
                char name[64];

                if (sscanf(*option, "%63[^=]=", name) == 1)
                        testhost_set_option(th, name, strchr(*option, '=') + 1);
        }
        if (testhost_open(th) < 0)
                exit(1);
}

static void obey(char *line)
{
        char *words = strchr(line, ' ');

        line[strcspn(line, "\n")] = '\0';
        if (words)
                *words++ = '\0';
        if (strcmp(line, "iface") == 0) {
                char path[128];

                (void) snprintf(path, sizeof(path), "/sys/class/net/%.64s", words);
                testhost_add_object(th, "iface", if_nametoindex(words), words, path);
                (void) puts("0");
        } else if (strcmp(line, "gone") == 0) {
                testhost_remove_object(th, "iface", (uint64_t) atoi(words));
                (void) puts("0");
        } else if (strcmp(line, "route") == 0) {
                const char *why = make_entry(words);

                (void) puts(*why ? why : "0");
        } else if (strcmp(line, "configure") == 0) {
                (void) printf("%d\n", testhost_plugin(th)->configure(testhost_self(th), entries, n_entries));
                forget_entries();
        } else if (strcmp(line, "knob") == 0)
                (void) printf("%d\n", set_knob(words, TRIMTAB_CHOICE));
        else if (strcmp(line, "limit") == 0)
                (void) printf("%d\n", set_knob(words, TRIMTAB_NUMBER));
        else if (strcmp(line, "collect") == 0)
                (void) printf("%d\n", testhost_collect(th));
        else if (strcmp(line, "metric") == 0)
                answer_metric(words);
        else if (strcmp(line, "path") == 0)
                (void) puts(testhost_path(th, "route", key_of(words)) ?: "none");
        else if (strcmp(line, "close") == 0) {
                testhost_free(th);
                th = NULL;
                (void) puts("0");
        } else if (strcmp(line, "open") == 0) {
                open_plugin();
                (void) puts("0");
        } else
                (void) puts("what?");
        (void) fflush(stdout);
}

int main(int argc, char **argv)
{
        struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
        static char line[65536];

        if (argc < 2)
                return 2;
        file = argv[1];
        options = argv + 2;
        open_plugin();
        setvbuf(stdin, NULL, _IONBF, 0);
        for (;;) {
                if (th)
                        while (testhost_poll(th, 0) > 0)
                                ;
                if (poll(&input, 1, 5) > 0) {
                        if (!fgets(line, sizeof(line), stdin))
                                break;
                        obey(line);
                }
        }
        testhost_free(th);
        forget_entries();
        return 0;
}
