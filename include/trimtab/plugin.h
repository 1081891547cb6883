/* SPDX-License-Identifier: MIT */
#ifndef TRIMTAB_PLUGIN_H
#define TRIMTAB_PLUGIN_H

/*
 * The trimtab plugin ABI, version 1.
 *
 * A plugin is a shared object that exports one data symbol, trimtab_plugin_v1, and hides everything else.
 * It measures (metrics) and offers things to change (knobs). It never decides and, for file knobs, never
 * writes: the core alone reads, writes, keeps the ledger and undoes.
 *
 * Rules of this header, for as long as version 1 lives:
 *   - every struct that crosses starts with its size, or is an array element whose stride the plugin states;
 *   - structs only grow at the end; a field that the other side does not know reads as zero;
 *   - no bool, no enum types, no bit-fields, no time_t; strings are UTF-8, NUL-terminated;
 *   - everything reachable from trimtab_plugin_v1 is constant and lives as long as the shared object.
 *
 * Threads: the host calls a plugin from its one loop thread only, and a plugin calls the host only from
 * inside a callback. Errors: every function that returns int returns 0 (or a documented positive value)
 * on success and a negative errno value on failure.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TRIMTAB_ABI 1u

#ifdef __cplusplus
#define TRIMTAB_EXTERN_C extern "C"
#else
#define TRIMTAB_EXTERN_C extern
#endif

/* Kinds of metric. */
#define TRIMTAB_GAUGE     1u /* a level, as of now: bytes in use, per cent of time stalled */
#define TRIMTAB_COUNTER   2u /* a running total since any starting point; the host takes differences */
#define TRIMTAB_HISTOGRAM 3u /* running slot counts as in <trimtab/bpf/histogram.h> */

/* Types of knob value. */
#define TRIMTAB_NUMBER  1u /* value.number, in the knob's unit */
#define TRIMTAB_CPULIST 2u /* value.text, the kernel's list format: "0-3,8" */
#define TRIMTAB_CHOICE  3u /* value.text, one of the knob's choices */
#define TRIMTAB_TEXT    4u /* value.text, anything on one line */

/* Types of a section's key: what each of its items is. */
#define TRIMTAB_KEY_TEXT   1u /* anything; trimtab_key.check says what is legal */
#define TRIMTAB_KEY_NUMBER 2u /* with a unit, or none, from min to max */
#define TRIMTAB_KEY_CHOICE 3u /* one of the key's choices */

/* Flags of a section's key. */
#define TRIMTAB_KEY_REQUIRED (1u << 0) /* a list is given, too, where a file of its items is, be it empty */
#define TRIMTAB_KEY_LIST     (1u << 1) /* several items, between commas or on lines of their own; else it is one */
#define TRIMTAB_KEY_FILE     (1u << 2) /* the absolute path of a file that holds more items of the list `of`, one a line, blank
                                          lines and those that begin with # or ; left out. The host reads it when it reads the
                                          section, checks each item, and puts them behind those of `of` itself; this key's own
                                          value is the path */

/* Flags of a section. */
#define TRIMTAB_SECTION_ONE (1u << 0) /* there is but one, and it has no name: "[egress]" is the entry "" */

/* What the daemon itself may do: host->daemon_mode(). */
#define TRIMTAB_OBSERVE 1u /* measure */
#define TRIMTAB_ADVISE  2u /* say what it would do */
#define TRIMTAB_ENFORCE 3u /* change things */

/* How a knob's file holds the value. */
#define TRIMTAB_FORM_PLAIN 0u /* the whole file is the value */
#define TRIMTAB_FORM_QUOTA 1u /* "QUOTA PERIOD", both usec: cpu.max; the value is per cent of one CPU */
#define TRIMTAB_FORM_KEYED 2u /* the value stands behind the knob's key on a line: io.weight's "default 100" */
#define TRIMTAB_FORM_NESTED 3u /* one of several on a key's line, the knob's key being "8:0 wbps": io.max's
                                  "8:0 rbps=max wbps=1048576"; a write of it leaves the others alone */
#define TRIMTAB_FORM_MASK   4u /* TRIMTAB_CPULIST: the file holds the CPUs as a mask, 32 bits a word of hex digits with commas between,
                                  CPU 0 the lowest bit of the last: rps_cpus; the value is a list all the same */

#define TRIMTAB_FORM_ETHTOOL 5u /* no file, and in all else like one, undo with the plugin gone included: a setting of an interface that the
                                  host asks for and sets by ethtool's netlink. `file` is "ethtool:{key}/coalesce", the knob's scope iface, its
                                  key the setting as ethtool -C calls it: a number ("rx-usecs", "rx-frames", "tx-usecs", "tx-frames"),
                                  or a choice of off and on ("adaptive-rx", "adaptive-tx") */

/* Metric flags. */
#define TRIMTAB_METRIC_SHARE (1u << 0) /* a gauge in %: a share of a whole, never below 0 nor above 100 % */

/* Knob flags. */
#define TRIMTAB_KNOB_MAX    (1u << 0) /* the word "max" is legal: no limit, INFINITY as a number */
#define TRIMTAB_KNOB_SLOW   (1u << 1) /* a write of its file may block for seconds: the host gives it to its worker.
                                         Not for knobs by callback: those are called on the loop and must not block */
#define TRIMTAB_KNOB_WEIGHT (1u << 2) /* a share, not a limit: bounds and steps multiply */
#define TRIMTAB_KNOB_ACTION (1u << 3) /* a write does something and it is over (memory.reclaim): a file that is only
                                         written, or apply() alone; the host never reads it and has nothing to put back */

/* Levels of the host's log, as in syslog(3). */
#define TRIMTAB_LOG_ERROR   3
#define TRIMTAB_LOG_WARNING 4
#define TRIMTAB_LOG_NOTICE  5
#define TRIMTAB_LOG_INFO    6
#define TRIMTAB_LOG_DEBUG   7

/*
 * Objects are 64-bit keys: host 0; cpu its number; cgroup the cgroup id (the inode of its directory); block the
 * dev_t as the kernel's makedev packs it; iface the ifindex; irq its number; a plugin's own scope whatever it says.
 */
#define TRIMTAB_HOST_OBJECT 0ull

/* Units the host knows: "ns" "us" "ms" "s", "B", "%", and "" for a bare number. Others are shown as they are. */

/* What a plugin measures. Array element; stride is trimtab_plugin.metric_size. */
struct trimtab_metric {
        const char *name;  /* "sched.runq_latency": plugin name, a dot, the field's standard term */
        const char *unit;  /* of a gauge or counter's value, or of a histogram's axis */
        const char *help;  /* one sentence */
        const char *scope; /* "host", "cpu", "cgroup", …: which kind of object it is emitted for */
        uint32_t kind;
        uint32_t flags;    /* TRIMTAB_METRIC_… */
};

/*
 * A value of a knob. Unlike the other structs this one is what it is for as long as version 1 lives: plugins may assign it whole.
 * The host ends `text` by a NUL whatever a plugin has put there.
 */
struct trimtab_value {
        uint32_t size; /* sizeof(struct trimtab_value) of whoever filled it in */
        uint32_t type; /* TRIMTAB_NUMBER, … */
        double number; /* TRIMTAB_NUMBER: in the knob's unit; INFINITY is "max" */
        char text[1024]; /* the others, NUL-terminated */
};

/*
 * What rules may change. Array element; stride is trimtab_plugin.knob_size.
 *
 * A knob is a file wherever it can be: the host then does all reading, writing, comparing and undoing, and can
 * undo with the plugin gone. `file` is a path in which {path} stands for the object's directory (a cgroup's in
 * cgroupfs, /proc/irq/41, /sys/block/sda), {name} for the object's name and {key} for its key in decimal.
 */
struct trimtab_knob {
        const char *name;          /* "cpu.weight" */
        const char *unit;          /* of value.number */
        const char *help;          /* one sentence */
        const char *scope;         /* "cgroup" */
        uint32_t type;             /* TRIMTAB_NUMBER, … */
        uint32_t flags;            /* TRIMTAB_KNOB_… */
        double min, max;           /* TRIMTAB_NUMBER: the range, both ends included */
        const char *const *choices; /* NULL-terminated. TRIMTAB_CHOICE: the values there are. TRIMTAB_CPULIST, TRIMTAB_TEXT: words that
                                      rules may say in place of a value, such as "calmest": check() makes values of them; or NULL */
        const char *file;          /* NULL: not a file, use the callbacks below */
        const char *key;           /* TRIMTAB_FORM_KEYED: "default"; TRIMTAB_FORM_NESTED: "{device} wbps"; TRIMTAB_FORM_ETHTOOL: "rx-usecs" */
        uint32_t form;             /* TRIMTAB_FORM_… */
        uint32_t reserved;
        const char *unit_property; /* "CPUWeight": systemd's property for it, where it has one; else NULL */
        const char *use_metric;    /* "cgroup.cpu_usage": what of it is in use (a gauge, or a counter's rate), from
                                      which a relative action on "max" starts; else NULL */
        /*
         * read() and apply() are only for what is no file. Its effect must end with the process: the host restores it at a clean stop and
         * cannot after a crash. Of a TRIMTAB_KNOB_ACTION `read` is not called and may be NULL.
         * `check` may be NULL. It puts into *ret_exact, which comes as a copy of *want, what would be made of *want: a CPU list less the
         * CPUs that cannot be had, the number that the hardware rounds to. Of a file it is called each time that a rule or a goal acts on
         * the object, also in modes in which nothing is written, and what it says is what is written; of what is no file, right before
         * apply(). It is not called for values on their way back to what was there before: these are always let through.
         * Of a knob with words *want may be one of them, and check() says what it means now: the value that is there already where
         * nothing better is to be had.
         * -EAGAIN, -EBUSY: not now, it will be asked again; -EPERM: this object is never to be changed; -EINVAL: nothing is left of that
         * value here; -ENODEV: there is no such object any more, and nothing left of what was set on it. Nothing is written then, and
         * `trimtab explain` tells why the rule waits.
         */
        int (*read)(void *self, uint64_t object, struct trimtab_value *ret);
        int (*check)(void *self, uint64_t object, const struct trimtab_value *want, struct trimtab_value *ret_exact);
        int (*apply)(void *self, uint64_t object, const struct trimtab_value *want);
        /*
         * "block": this describes a knob for each object of that scope, as it comes and goes, named "io.max.wbps[sda]"
         * after it. Only for files whose key has {device} in it, which stands for "MAJ:MIN" of that object; of a knob
         * of scope "block" itself, of the knob's own object. NULL: one knob.
         */
        const char *per_scope;
        const char *absent;        /* TRIMTAB_FORM_KEYED, _NESTED: the value when the line or the word is not there,
                                      which written brings it back to that: "max"; NULL: it always is there */
};

/* A kind of object of the plugin's own. Array element; stride is trimtab_plugin.scope_size. */
struct trimtab_scope {
        const char *name; /* "queue" */
        const char *help; /* one sentence */
};

/* A setting of [plugin NAME] in trimtab.conf. Array element; stride is trimtab_plugin.option_size. */
struct trimtab_option {
        const char *name;          /* "max-cgroups" */
        const char *unit;          /* of a number ("ms"; "cgroups" for a count); "" for text; NULL for yes/no (1 or 0) */
        const char *help;          /* one sentence */
        const char *default_value; /* as one would write it in the file */
        double min, max;           /* of a number */
};

/* A key of a section. Array element; stride is trimtab_section.key_size. */
struct trimtab_key {
        const char *name;           /* "source" */
        const char *unit;           /* TRIMTAB_KEY_NUMBER: "s", "" for a bare number; else NULL */
        const char *help;           /* one sentence */
        uint32_t type;              /* TRIMTAB_KEY_TEXT, … */
        uint32_t flags;             /* TRIMTAB_KEY_… */
        double min, max;            /* TRIMTAB_KEY_NUMBER: the range, both ends included; both 0: any */
        const char *const *choices; /* TRIMTAB_KEY_CHOICE: NULL-terminated */
        const char *of;             /* TRIMTAB_KEY_FILE: the key whose items the file holds */
        /*
         * TRIMTAB_KEY_TEXT: whether one item is well formed: 0, or -EINVAL and in why (size bytes, "" before) what was expected.
         * NULL: all are. It knows nothing but the text: `trimtab check` calls it with the plugin not opened, and of a long list
         * it is called for each item.
         */
        int (*check)(const char *item, char *why, uint32_t size);
};

/*
 * What a section gives a key. Like trimtab_value this one is what it is for as long as version 1 lives: nobody states the stride of
 * trimtab_entry.items.
 */
struct trimtab_items {
        const char *const *texts; /* n of them, as written less white space at both ends; NULL for n 0: not given */
        const double *numbers;    /* TRIMTAB_KEY_NUMBER: n, in the key's unit; else NULL */
        uint32_t n;
        uint32_t reserved;
};

/*
 * One section as the files have it, all drop-ins merged: "[filter bogons]" is entry "bogons" of section "filter". Everything in it is
 * the host's and valid during the call.
 */
struct trimtab_entry {
        uint32_t size;
        uint32_t section; /* index in trimtab_plugin.sections */
        const char *name; /* "bogons" */
        const char *path; /* where it begins first, to be told */
        uint32_t line;
        uint32_t n_items;                  /* as many as the section has keys … */
        const struct trimtab_items *items; /* … in their order */
};

/*
 * A kind of section of the plugin's own in the rule files: "[filter NAME]". The host finds, merges (a later file overrides key by key)
 * and checks them, and hands all to configure(). Array element; stride is trimtab_plugin.section_size.
 */
struct trimtab_section {
        uint32_t key_size, n_keys;
        const char *name; /* "filter": a lower case word of at most 24 bytes, dashes in it, and no other plugin's */
        const char *help; /* one sentence */
        const struct trimtab_key *keys;
        /* Whether the items go together, each being well formed: 0, or -EINVAL and why. May be NULL. As trimtab_key.check. */
        int (*check)(const struct trimtab_entry *entry, char *why, uint32_t size);
        uint32_t flags; /* TRIMTAB_SECTION_… */
        uint32_t reserved;
};

/*
 * What a plugin tells those who ask: rows of named values, for `trimtab report PLUGIN NAME` and the bus. Anybody may ask. Array element;
 * stride is trimtab_plugin.report_size.
 */
struct trimtab_report {
        const char *name; /* "bans": a lower case word, dashes in it */
        const char *help; /* one sentence */
        const char *const *columns; /* NULL-terminated: the values that a table for people shows, in that order; programs get all.
                                       NULL: people, too, get all, a value a line */
};

/*
 * What a plugin does when a person says so, and that is over when it is done: `trimtab do PLUGIN NAME`. Whoever may not change things
 * is turned away before the plugin is asked. Array element; stride is trimtab_plugin.deed_size.
 */
struct trimtab_deed {
        const char *name; /* "release": as a report's */
        const char *help; /* one sentence */
};

/*
 * Where the rows of a report go, and the answer of a deed: the host's, valid during the call. Each row() begins a row, and the others
 * put a value into it, of a name in lower case with underscores, which stays what it is in later versions. The host copies; it
 * escapes text that is no text, and it is the host that keeps an error, so that nothing need be checked. Units are a name's ending:
 * _usec (since 1970), _s, _us, _bytes.
 */
struct trimtab_rows {
        uint32_t size;
        uint32_t reserved;
        void *rows; /* the host's own, opaque */
        void (*row)(const struct trimtab_rows *to);
        void (*text)(const struct trimtab_rows *to, const char *name, const char *value); /* NULL: the row has no such value */
        void (*number)(const struct trimtab_rows *to, const char *name, double value);    /* NAN: the same; INFINITY is "max" */
        void (*count)(const struct trimtab_rows *to, const char *name, uint64_t value);
        void (*flag)(const struct trimtab_rows *to, const char *name, uint32_t value); /* 0: no; else yes */
};

/*
 * What the host offers. A plugin gets it in probe() and open() and may keep the pointer until close() returns.
 * Check `size` before using a member that is newer than the header you build against requires.
 */
struct trimtab_host {
        uint32_t size;
        uint32_t abi;
        void *host; /* the host's own, opaque */

        /* One line to the daemon's log, the plugin's name in front. Never pass foreign text as `format`. */
        void (*log)(const struct trimtab_host *h, int32_t level, const char *format, ...)
                __attribute__((format(printf, 3, 4)));

        /* The value of an option this plugin declares. -ENOENT: not declared. Text is valid until the next call. */
        int (*option_number)(const struct trimtab_host *h, const char *name, double *ret);
        int (*option_text)(const struct trimtab_host *h, const char *name, const char **ret);

        /*
         * A sample of metric number `metric` (its index in the plugin's array); only inside collect(). 0 also when nobody asked for
         * it: it is then passed over. -EINVAL: no such metric, or not of that kind; -ENOENT: no such object, or not any more.
         */
        int (*emit)(const struct trimtab_host *h, uint32_t metric, uint64_t object, double value);

        /* Running slot counts, and the running sum of all values in the metric's unit (NAN: not known, it is then
         * estimated from the slots). The host copies. Errors as of emit(). */
        int (*emit_histogram)(const struct trimtab_host *h, uint32_t metric, uint64_t object,
                              const uint64_t *slots, uint32_t n_slots, double sum);

        /* This metric cannot be had here, and why (shown by `trimtab plugins`); NULL: it can, after all. */
        void (*unavailable)(const struct trimtab_host *h, uint32_t metric, const char *reason);

        /* A BPF program of this plugin: its fd (the host does not keep it), or -1 and why the kernel refused it. */
        void (*program)(const struct trimtab_host *h, const char *name, int32_t fd, const char *reason);

        /* Something worth a line in the journal that is neither a metric nor an error. */
        void (*event)(const struct trimtab_host *h, const char *text);

        /* Evaluate the rules now, do not wait for the tick. */
        void (*wake)(const struct trimtab_host *h);

        /*
         * Call cb(self, fd) from the loop whenever fd is readable; cb NULL takes it off again. The plugin owns fd, and takes it off
         * before it closes it. An error of cb is counted (`trimtab plugins`), and changes nothing: it must read what made fd
         * readable, or take it off.
         */
        int (*add_io)(const struct trimtab_host *h, int32_t fd, int (*cb)(void *self, int32_t fd));

        /* Between keys and names. The name is valid until the callback returns. -ENOENT: no such object now. */
        int (*object_key)(const struct trimtab_host *h, const char *scope, const char *name, uint64_t *ret);
        int (*object_name)(const struct trimtab_host *h, const char *scope, uint64_t object, const char **ret);
        /* The object's directory: "/sys/fs/cgroup/system.slice". Same validity. */
        int (*object_path)(const struct trimtab_host *h, const char *scope, uint64_t object, const char **ret);

        /* Objects of the plugin's own scopes come and go by these. -EPERM: not a scope of this plugin's; -EEXIST: the key or the
         * name is taken; -ENOENT: there is none. */
        int (*object_add)(const struct trimtab_host *h, const char *scope, uint64_t object, const char *name,
                          const char *path);
        int (*object_remove)(const struct trimtab_host *h, const char *scope, uint64_t object);

        /*
         * A BPF program at tc's ingress of an interface, by a filter of the qdisc clsact: for kernels before 6.6, which have no tcx
         * links there. Such a filter outlives the process. The host therefore adds it (and the clsact, where there is none), notes it in
         * the ledger before that, and takes it off, with no plugin loaded, should the daemon die; so the plugin must not add it by itself.
         * Whoever has priority and handle of a filter is its owner: one that the same plugin left there, or whose program has the same
         * name, gives way. Direct action; protocol all. The host keeps neither fd nor any other hold of the program.
         * -EEXIST: somebody else's filter is there; -ESHUTDOWN: the daemon is about to end, and has taken off all there was.
         */
        int (*tc_filter_add)(const struct trimtab_host *h, int32_t program_fd, uint32_t ifindex, uint32_t priority, uint32_t handle);
        /* Takes it off, and the clsact that came with it, should nobody else have a filter there. -ENOENT: there is none of this
         * plugin's; -EBUSY: somebody else has taken its place, and keeps it. */
        int (*tc_filter_remove)(const struct trimtab_host *h, uint32_t ifindex, uint32_t priority, uint32_t handle);

        /*
         * Whether the file of the plugin's knob number `knob` (its index in the plugin's array) takes writes for an object at all, where
         * its mode does not tell: an interrupt's affinity that the kernel manages. 0; or what the kernel answers, -EIO, -EPERM. The host asks
         * by a write of one byte that has no text: its memory cannot be read. A file that takes writes fails at that, with nothing to
         * change by; so this is no write for the ledger. Files of sysfs and cgroupfs do not tell more in this way than their mode does.
         * -EINVAL: no such knob, or not one file; -ENOENT: no such object, or it has no such file.
         */
        int (*knob_takes_writes)(const struct trimtab_host *h, uint32_t knob, uint64_t object);

        /*
         * What the daemon may do now, TRIMTAB_OBSERVE, …; a person may change it at any time. For a plugin whose sections do something to
         * the machine by themselves: below TRIMTAB_ENFORCE it says what it would do, and does nothing.
         */
        uint32_t (*daemon_mode)(const struct trimtab_host *h);
};

/* The plugin. */
struct trimtab_plugin {
        uint32_t size; /* of this struct; TRIMTAB_PLUGIN_HEAD fills in these five */
        uint32_t metric_size, knob_size, scope_size, option_size;
        uint32_t reserved;
        const char *name;    /* "sched": also the prefix of its metrics */
        const char *version; /* the plugin's own */
        const char *license; /* SPDX expression */
        const char *help;    /* one sentence */

        const struct trimtab_metric *metrics;
        const struct trimtab_knob *knobs;
        const struct trimtab_scope *scopes;
        const struct trimtab_option *options;
        uint32_t n_metrics, n_knobs, n_scopes, n_options;

        /* 1: fits this machine; 0: does not, after logging why; < 0: could not tell. NULL: always fits. */
        int (*probe)(const struct trimtab_host *h);
        /* Takes hold of what it needs (loads its BPF objects). On failure *ret_self may be left half-built: close()
         * gets it. A program that the kernel refuses costs its own metrics, not the plugin: see host->program. */
        int (*open)(const struct trimtab_host *h, void **ret_self);
        /* From now on measure `metric` for exactly these objects, none when n is 0; the array is the host's and valid
         * during the call. Called before the first collect() and whenever the set changes. NULL: always measures. On
         * failure it is called again at the next tick; objects that can be measured all the same should be. */
        int (*watch)(void *self, uint32_t metric, const uint64_t *objects, uint32_t n);
        /* Once a tick: emit every watched metric. now_ns is CLOCK_MONOTONIC. Must not block. */
        int (*collect)(void *self, uint64_t now_ns);
        /* Gives everything back. Accepts NULL and what a failed open() left. */
        void (*close)(void *self);
        /* An object of a scope that this plugin measures came (1) or went (0); those that are there when open() has returned
         * come first. An interface that gets another name went and came. May be NULL. */
        void (*on_object)(void *self, const char *scope, uint64_t object, uint32_t came);

        const struct trimtab_section *sections; /* TRIMTAB_SECTIONS fills in these three */
        uint32_t section_size, n_sections;
        /*
         * All entries of the plugin's sections, in the order in which they first appear: the whole set, which takes the place of the
         * one before; n 0 takes all away. Before the first call there are none. Called some time after open() has returned and
         * before collect(), and when the rules are reloaded; not where there were none and are none. 0: the new set is in force,
         * whole; < 0, after logging why: the old one still is, and the reload fails. The set before may be handed over once more,
         * when another plugin has refused its new one. A set with an error in it is not handed over: at the start there are then
         * no entries at all. Entries come in every mode of the daemon, also where it is to change nothing: what they do to the
         * machine should hang on a knob.
         */
        int (*configure)(void *self, const struct trimtab_entry *const *entries, uint32_t n);

        const struct trimtab_report *reports; /* TRIMTAB_REPORTS fills in these three */
        uint32_t report_size, n_reports;
        const struct trimtab_deed *deeds; /* TRIMTAB_DEEDS fills in these three */
        uint32_t deed_size, n_deeds;
        /* The rows of report number `report` (its index in the plugin's array), as things are now. Must not block. */
        int (*report)(void *self, uint32_t report, const struct trimtab_rows *to);
        /* Does it. argument: what was typed behind its name, "" for nothing. What came of it goes into the answer, for people as the
         * text "message"; < 0: nothing was done, after logging why. Must not block. */
        int (*deed)(void *self, uint32_t deed, const char *argument, const struct trimtab_rows *answer);
};

/* The note by which a file says what it is before any of its code runs. */
struct trimtab_note {
        uint32_t owner_size, desc_size, type; /* ELF note header: 8, 36, TRIMTAB_ABI */
        char owner[8];                        /* "trimtab" */
        uint32_t abi;
        char name[32];
};

#define TRIMTAB_PLUGIN_HEAD                                                                                  \
        .size = sizeof(struct trimtab_plugin), .metric_size = sizeof(struct trimtab_metric),                 \
        .knob_size = sizeof(struct trimtab_knob), .scope_size = sizeof(struct trimtab_scope),                \
        .option_size = sizeof(struct trimtab_option)

#define TRIMTAB_METRICS(array) .metrics = (array), .n_metrics = sizeof(array) / sizeof((array)[0])
#define TRIMTAB_KNOBS(array)   .knobs = (array), .n_knobs = sizeof(array) / sizeof((array)[0])
#define TRIMTAB_SCOPES(array)  .scopes = (array), .n_scopes = sizeof(array) / sizeof((array)[0])
#define TRIMTAB_SECTIONS(array)                                                                              \
        .sections = (array), .section_size = sizeof((array)[0]), .n_sections = sizeof(array) / sizeof((array)[0])
#define TRIMTAB_KEYS(array)                                                                                  \
        .keys = (array), .key_size = sizeof((array)[0]), .n_keys = sizeof(array) / sizeof((array)[0])
#define TRIMTAB_REPORTS(array)                                                                               \
        .reports = (array), .report_size = sizeof((array)[0]), .n_reports = sizeof(array) / sizeof((array)[0])
#define TRIMTAB_DEEDS(array)                                                                                 \
        .deeds = (array), .deed_size = sizeof((array)[0]), .n_deeds = sizeof(array) / sizeof((array)[0])
#define TRIMTAB_OPTIONS(array) .options = (array), .n_options = sizeof(array) / sizeof((array)[0])

/*
 * TRIMTAB_PLUGIN("hello") = { TRIMTAB_PLUGIN_HEAD, .version = "1", … };
 * defines the one exported symbol and the note. The name must be a string literal of at most 31 characters, and
 * the struct's .name must say the same.
 */
#define TRIMTAB_PLUGIN(plugin_name)                                                                          \
        __attribute__((used, aligned(4), section(".note.trimtab"))) static const struct trimtab_note         \
                trimtab_note_v1 = { 8, 36, TRIMTAB_ABI, "trimtab", TRIMTAB_ABI, plugin_name };               \
        TRIMTAB_EXTERN_C __attribute__((visibility("default"))) const struct trimtab_plugin trimtab_plugin_v1; \
        __attribute__((used)) const struct trimtab_plugin trimtab_plugin_v1

#ifdef __cplusplus
}
#endif

#endif
