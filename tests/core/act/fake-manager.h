/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TEST_FAKE_MANAGER_H
#define TRIMTAB_TEST_FAKE_MANAGER_H

#include "act/actor.h"

/*
 * An actor with a systemd that is played: a bus server in the same loop, which has units with cgroups in plain directories,
 * sets their properties as the real one does - refused as a whole or done, a drop-in and the cgroup's file for each - and
 * reads its drop-ins again when told to. Everything here fails the test when it fails.
 *
 * ROOT/cgroup is the cgroup tree, ROOT/run has the ledger, ROOT/systemd stands for /run/systemd, ROOT/etc for /etc/systemd.
 */

/* Knobs with properties, and one without. */
extern struct knob fake_cpu_weight, fake_memory_high, fake_pids_max, fake_uclamp_min;

enum { FAKE_UNITS = 4, FAKE_PROPERTIES = 3 };

struct fake_unit {
        const char *name;   /* "a.service" */
        const char *cgroup; /* "/a.service" */
        bool delegated;
        uint64_t configured[FAKE_PROPERTIES]; /* by its unit file */
        uint64_t values[FAKE_PROPERTIES];     /* in force */
};

struct fake {
        char root[64];
        sd_event *event;
        sd_bus *server, *client;
        struct ledger *ledger;
        struct actor *actor;
        struct actor_config config; /* change it before fake_open */
        struct fake_unit units[FAKE_UNITS];
        size_t n_units;

        const char *refuses;  /* SetUnitProperties with this property */
        bool fails_late;      /* does what is asked, and then says that it could not */
        bool is_deaf;         /* takes what is asked, does it, and does not answer */
        bool resets_clamps;   /* at a reload: what was written behind its back */
        unsigned n_get_unit, n_get_all, n_set, n_reload, n_subscribe;

        struct report last;
        char detail[256];
        unsigned n_reports, n_of[OUTCOME_PINNED + 1];
};

/* The directories, and no unit. */
void fake_make(struct fake *f);
/* A unit whose cgroup holds the kernel's defaults. */
struct fake_unit *fake_add_unit(struct fake *f, const char *name, const char *cgroup);
/* A cgroup with the files of all knobs. */
void fake_add_cgroup(struct fake *f, const char *cgroup);

/* Opens ledger, bus and actor; may be called again after fake_close, as a new process would. What is in force then is what the
 * drop-ins say. */
void fake_open(struct fake *f);
void fake_close(struct fake *f);
/* Closes and removes the directory. */
void fake_remove(struct fake *f);

/* Runs the loop until the actor is idle. */
void fake_run(struct fake *f);
/* Runs it until a report has come. */
void fake_run_to_report(struct fake *f);

/* As somebody would by `systemctl set-property --runtime`, and by `systemctl daemon-reload`. */
void fake_set_property(struct fake *f, const char *unit, const char *property, uint64_t value);
void fake_reload(struct fake *f);

/* Orders. */
void fake_want(struct fake *f, const struct knob *knob, const char *cgroup, double number, bool delegated);
enum outcome fake_set(struct fake *f, const struct knob *knob, const char *cgroup, double number);
void fake_restore_all(struct fake *f);
/* The object that stands for a cgroup. */
struct oid fake_oid(const char *cgroup);

/* A file below the root. fake_read: "" when it is not there; valid until the next call. */
const char *fake_read(struct fake *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
void fake_write(struct fake *f, const char *text, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool fake_exists(struct fake *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
