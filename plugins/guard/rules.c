/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "paths.h"

enum { EGRESS_MODE, EGRESS_DEFAULT, EGRESS_ON_EXIT, EGRESS_COVERAGE, _EGRESS_MAX };

enum {
        RULE_UNIT,
        RULE_CGROUP,
        RULE_EXE,
        RULE_UID,
        RULE_ALLOW,
        RULE_ALLOW_FILE,
        RULE_DENY,
        RULE_DENY_FILE,
        RULE_LISTEN,
        RULE_DEFAULT,
        RULE_LOG,
        RULE_MODE,
        RULE_DESCRIPTION,
        _RULE_MAX,
};

const char *const guard_mode_names[_GUARD_MODE_MAX + 1] = { "off", "learn", "audit", "enforce", NULL };
static const char *const verdict_names[] = { [GUARD_NONE] = "", [GUARD_ALLOW] = "allow", [GUARD_DENY] = "deny", NULL };
static const char *const exit_names[] = { "open", "keep", NULL };
static const char *const coverage_names[] = { "any", "cgroup", "lsm", NULL };
static const char *const rule_mode_names[] = { "enforce", "audit", NULL };
static const char *const log_names[] = { "first", "none", "all", NULL };

static int check_unit(const char *item, char *why, uint32_t size)
{
        if (strchr(item, '/') || !strchr(item, '.'))
                return refuse(why, size, "expected a unit of systemd, with what it is at its end, such as web.service");
        return paths_check(item, why, size);
}

static int check_cgroup(const char *item, char *why, uint32_t size)
{
        if (item[0] != '/')
                return refuse(why, size, "expected a cgroup's path, such as /system.slice/web.service");
        return paths_check(item, why, size);
}

static int check_exe(const char *item, char *why, uint32_t size)
{
        return item[0] == '/' ? 0 : refuse(why, size, "expected the absolute path of a program");
}

static int check_allow(const char *item, char *why, uint32_t size)
{
        struct item parsed;

        return parse_item(item, &parsed, why, size);
}

static int check_deny(const char *item, char *why, uint32_t size)
{
        struct item parsed;
        int r = parse_item(item, &parsed, why, size);

        if (r >= 0 && parsed.host)
                return refuse(why, size, "a name can be allowed, not denied: whoever is denied it asks for the address");
        return r;
}

static int check_port(const char *item, char *why, uint32_t size)
{
        struct range ports;

        return parse_range(item, &ports, why, size);
}

#define CHOICE(name_of, of, words) { .name = (name_of), .help = (words), .type = TRIMTAB_KEY_CHOICE, .choices = (of) }
#define TEXT(name_of, of, words)   { .name = (name_of), .help = (words), .type = TRIMTAB_KEY_TEXT, .check = (of) }
#define LIST(name_of, of, words)                                                                             \
        { .name = (name_of), .help = (words), .type = TRIMTAB_KEY_TEXT, .flags = TRIMTAB_KEY_LIST, .check = (of) }
#define FILE_OF(name_of, list, words)                                                                        \
        { .name = (name_of), .help = (words), .type = TRIMTAB_KEY_TEXT, .flags = TRIMTAB_KEY_FILE, .of = (list) }

static const struct trimtab_key egress_keys[_EGRESS_MAX] = {
        [EGRESS_MODE] = CHOICE("mode", guard_mode_names, "what becomes of connections; off where it is not said, and rules can move guard.mode"),
        [EGRESS_DEFAULT] = CHOICE("default", verdict_names + 1, "what is done with a connection of which no rule says anything; allow"),
        [EGRESS_ON_EXIT] = CHOICE("on-exit", exit_names, "keep: the policy stays in force when the daemon ends; open, the default: it does not"),
        [EGRESS_COVERAGE] = CHOICE("require-coverage", coverage_names, "what must be seen to have an effect for this to count as enforced; any"),
};

static const struct trimtab_key rule_keys[_RULE_MAX] = {
        [RULE_UNIT] = TEXT("unit", check_unit, "a unit of systemd, with * in it if need be"),
        [RULE_CGROUP] = TEXT("cgroup", check_cgroup, "a cgroup's path, with * in it if need be; all below it count"),
        [RULE_EXE] = TEXT("exe", check_exe, "the program; as the file that it is, whatever it is called"),
        [RULE_UID] = { .name = "uid", .help = "the user, by number", .type = TRIMTAB_KEY_NUMBER, .unit = "", .max = 4294967294.0 },
        [RULE_ALLOW] = LIST("allow", check_allow, "where it may go: PREFIX, or any, or name:HOST; then :PORT, then /PROTOCOL"),
        [RULE_ALLOW_FILE] = FILE_OF("allow-file", "allow", "a file with more of `allow`, one a line"),
        [RULE_DENY] = LIST("deny", check_deny, "where it may not go; of a rule for everybody: nobody may, whatever else is said"),
        [RULE_DENY_FILE] = FILE_OF("deny-file", "deny", "a file with more of `deny`, one a line"),
        [RULE_LISTEN] = LIST("listen", check_port, "ports that it may listen on, and no others; none: an empty range such as 0"),
        [RULE_DEFAULT] = CHOICE("default", verdict_names + 1, "what is done with its connections of which nothing is said"),
        [RULE_LOG] = CHOICE("log", log_names, "which refusals are told: of alike ones the first, none, or all"),
        [RULE_MODE] = CHOICE("mode", rule_mode_names, "audit: what it refuses is told, and let through; enforce, the default: as [egress] says"),
        [RULE_DESCRIPTION] = TEXT("description", NULL, "what it is for"),
};

static bool is_for_everybody(const struct trimtab_entry *e)
{
        return e->items[RULE_UNIT].n + e->items[RULE_CGROUP].n + e->items[RULE_EXE].n + e->items[RULE_UID].n == 0;
}

static int check_rule(const struct trimtab_entry *e, char *why, uint32_t size)
{
        const struct trimtab_items *items = e->items;

        if (items[RULE_UNIT].n && items[RULE_CGROUP].n)
                return refuse(why, size, "a unit is a cgroup: give one of them");
        if (items[RULE_ALLOW].n + items[RULE_DENY].n + items[RULE_LISTEN].n + items[RULE_DEFAULT].n + items[RULE_ALLOW_FILE].n +
                    items[RULE_DENY_FILE].n == 0)
                return refuse(why, size, "it says nothing: it needs allow, deny, listen or default");
        if (is_for_everybody(e) && items[RULE_DEFAULT].n)
                return refuse(why, size, "what is done with everybody's is said by default in [egress]");
        if (items[RULE_LISTEN].n > GUARD_LISTEN_MAX)
                return refuse(why, size, "more than %d ports to listen on: make ranges of them", GUARD_LISTEN_MAX);
        return 0;
}

const struct trimtab_section guard_sections[_SECTION_MAX] = {
        [SECTION_EGRESS] = { .name = "egress",
                             .help = "who may connect where, as a whole",
                             TRIMTAB_KEYS(egress_keys),
                             .flags = TRIMTAB_SECTION_ONE },
        [SECTION_RULE] = { .name = "egress-rule",
                           .help = "where a unit, program or user may connect to, and listen",
                           TRIMTAB_KEYS(rule_keys),
                           .check = check_rule },
};

/* --- reading --- */

static uint32_t choice(const struct trimtab_items *items, const char *const *names, uint32_t otherwise)
{
        for (uint32_t i = 0; items->n && names[i]; i++)
                if (strcmp(names[i], items->texts[0]) == 0)
                        return i;
        return otherwise;
}

static int read_text(const struct trimtab_items *items, char **ret)
{
        if (items->n == 0)
                return 0;
        *ret = strdup(items->texts[0]);
        return *ret ? 0 : -ENOMEM;
}

static int read_items(struct rule *rule, const struct trimtab_items *items, bool deny)
{
        for (uint32_t i = 0; i < items->n; i++) {
                struct item *item = &rule->items[rule->n_items];
                int r = parse_item(items->texts[i], item, NULL, 0);

                if (r < 0)
                        return r;
                item->deny = deny;
                rule->n_items++;
                item->host = item->host ? strndup(item->host, item->host_length) : NULL;
                if (!item->host && item->host_length)
                        return -ENOMEM;
        }
        return 0;
}

static int read_listen(struct rule *rule, const struct trimtab_items *items)
{
        rule->has_listen = items->n > 0;
        rule->listen = calloc(items->n + 1, sizeof(*rule->listen));
        if (!rule->listen)
                return -ENOMEM;
        for (uint32_t i = 0; i < items->n; i++)
                if (parse_range(items->texts[i], &rule->listen[rule->n_listen++], NULL, 0) < 0)
                        return -EINVAL;
        return 0;
}

static int read_rule(const struct trimtab_entry *e, struct rule *rule)
{
        const struct trimtab_items *items = e->items;
        int r;

        rule->name = strdup(e->name);
        rule->items = calloc((size_t) items[RULE_ALLOW].n + items[RULE_DENY].n + 1, sizeof(*rule->items));
        if (!rule->name || !rule->items)
                return -ENOMEM;
        rule->uid = items[RULE_UID].n ? (int64_t) items[RULE_UID].numbers[0] : -1;
        rule->log = (uint8_t) choice(&items[RULE_LOG], log_names, GUARD_LOG_FIRST);
        rule->audits = choice(&items[RULE_MODE], rule_mode_names, 0) == 1;
        rule->verdict = (uint8_t) choice(&items[RULE_DEFAULT], verdict_names, GUARD_NONE);

        r = read_text(&items[RULE_UNIT], &rule->unit);
        r = r < 0 ? r : read_text(&items[RULE_CGROUP], &rule->cgroup);
        r = r < 0 ? r : read_text(&items[RULE_EXE], &rule->exe);
        r = r < 0 ? r : read_items(rule, &items[RULE_ALLOW], false);
        r = r < 0 ? r : read_items(rule, &items[RULE_DENY], true);
        return r < 0 ? r : read_listen(rule, &items[RULE_LISTEN]);
}

static void read_egress(const struct trimtab_entry *e, struct rules *rules)
{
        rules->mode = choice(&e->items[EGRESS_MODE], guard_mode_names, GUARD_OFF);
        rules->verdict = (uint8_t) choice(&e->items[EGRESS_DEFAULT], verdict_names, GUARD_ALLOW);
        rules->keep = choice(&e->items[EGRESS_ON_EXIT], exit_names, 0) == 1;
        rules->coverage = (enum coverage) choice(&e->items[EGRESS_COVERAGE], coverage_names, COVERAGE_ANY);
}

int rules_read(const struct trimtab_entry *const *entries, uint32_t n, struct rules **ret)
{
        struct rules *rules = calloc(1, sizeof(*rules));
        int r = 0;

        if (!rules)
                return -ENOMEM;
        rules->verdict = GUARD_ALLOW;
        rules->all = calloc(n + 1, sizeof(*rules->all));
        if (!rules->all)
                r = -ENOMEM;
        for (uint32_t i = 0; i < n && r >= 0; i++) {
                if (entries[i]->section == SECTION_EGRESS)
                        read_egress(entries[i], rules);
                else
                        r = read_rule(entries[i], &rules->all[rules->n++]);
        }
        if (r < 0) {
                rules_free(rules);
                return r;
        }
        *ret = rules;
        return 0;
}

void rules_free(struct rules *rules)
{
        if (!rules)
                return;
        for (size_t i = 0; i < rules->n; i++) {
                struct rule *rule = &rules->all[i];

                free(rule->name);
                free(rule->unit);
                free(rule->cgroup);
                free(rule->exe);
                for (size_t j = 0; j < rule->n_items; j++)
                        free((void *) rule->items[j].host);
                free(rule->items);
                free(rule->listen);
        }
        free(rules->all);
        free(rules);
}
