/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_POLICY_H
#define GUARD_POLICY_H

/*
 * Rules as the layers and tables that the programs decide by. Pure.
 *
 * The order of layers is the precedence. First come, of each rule, what it denies of what the lifeline keeps open: that was said. Then
 * the lifeline and what is denied to everybody. Then the rules with a subject, the most specific first: one that names a program before one
 * that does not, then by how deep its cgroup is, then one that names a user; in the order of the files where that says nothing. Last what
 * is allowed to everybody. In a layer the longest prefix counts, and of one prefix what denies.
 */

#include <stddef.h>
#include <stdint.h>

#include "paths.h"
#include "rules.h"
#include "table.h"

/* An address that a rule's name:HOST stands for. */
struct resolved {
        size_t rule, item; /* in rules->all, and its items */
        struct prefix address;
};

struct policy_input {
        const struct rules *rules;
        const struct item *lifeline; /* allowed to everybody, without names */
        size_t n_lifeline;
        const struct resolved *resolved; /* in any order */
        size_t n_resolved;
};

struct policy {
        struct guard_set set;
        struct guard_layer *layers;
        uint32_t n_layers;
        int32_t *rule_of; /* layer -> rule, or -1: it is for everybody */
        struct table table;
        struct path_tree paths;
};

/* -ENOMEM; -E2BIG, and why. */
int policy_make(const struct policy_input *in, struct policy *ret, char *why, uint32_t size);
void policy_clear(struct policy *p);

/* Which layers the cgroup of that path matches, user space knowing all: nothing is left that may be. */
void policy_classify(const struct policy *p, const struct rules *rules, const char *path, struct guard_class *ret);

/* Layers whose rule names that program, by its index, and those that name none. */
void policy_exe_bits(const struct policy *p, const struct rules *rules, const char *exe, struct guard_bits *ret);
void policy_uid_bits(const struct policy *p, const struct rules *rules, uint32_t uid, struct guard_bits *ret);

#endif
