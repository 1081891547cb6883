#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Proves: `trimtab check` finds what is wrong in rules, says where, and needs neither root nor a daemon.
# Usage: test-check.sh TRIMTAB PLUGIN-DIR

trimtab=$1
plugins=$2
. "$(dirname "$0")/lib.sh"
rules=$work/rules.d
mkdir "$rules"

check() {
        run check --plugins "$plugins" "$@"
}

cat >"$rules/good.conf" <<'END'
[rule quiet]
for    = cgroup:/system.slice/*
when   = avg(cgroup.cpu_some) > 20%
then   = cpu.weight *= 1.5
within = cpu.weight 100..2000
END
check "$rules/good.conf"
is status "$status" 0
lacks err error
has out '1 rule in 1 file: 0 errors'
case_done 'a good file is clean'

cat >"$rules/bad.conf" <<'END'
# the first line
[rule spelt]
for    = cgroup:/system.slice/*
when   = avg(cgroup.cpu_smoe) > 20%
then   = cpu.wieght = 200
hodl   = 10s
END
check "$rules/bad.conf"
is status "$status" 1
has err "$rules/bad.conf:4:14: error: "
has err "'cgroup.cpu_smoe', did you mean 'cgroup.cpu_some'?"
has err "$rules/bad.conf:5:10: error: "
has err "'cpu.wieght', did you mean 'cpu.weight'?"
has err "$rules/bad.conf:6:1: error: "
has err "'hodl', did you mean 'hold'?"
has err '4 | when   = avg(cgroup.cpu_smoe) > 20%'
has err '^~~~~'
has out '0 rules in 1 file: 3 errors'
case_done 'errors have file, line, column, the line with a caret, and the nearest name'

check "$rules/good.conf" "$rules/bad.conf"
is status "$status" 1
has out '1 rule in 2 files: 3 errors'
case_done 'a bad rule does not hide the good ones'

mkdir "$work/empty"
: >"$work/empty/rules.txt"
check "$work/empty"
is status "$status" 1
has err "$work/empty: error: no rules here: no file has a name that ends in .conf"
case_done 'a folder without rules is not one without errors'

check --json "$rules/bad.conf"
is status "$status" 1
json 'len(d) == 3'
json 'set(d[0]) == {"file", "line", "column", "severity", "message"}'
json 'd[0]["file"].endswith("/bad.conf") and (d[0]["line"], d[0]["column"]) == (4, 14)'
json 'all(x["severity"] == "error" for x in d)'
json '[x["line"] for x in d] == [4, 5, 6]'
case_done 'the same as JSON, in order'

check --json "$rules/good.conf"
is status "$status" 0
json 'd == []'
case_done 'JSON of a clean file is an empty list'

check "$rules"
is status "$status" 1
has err "$rules/bad.conf:4:14: error: "
has out '1 rule in 2 files'
case_done 'a folder stands for its *.conf'

mkdir "$work/first" "$work/second"
cp "$rules/bad.conf" "$work/second/50-a.conf"
cp "$rules/good.conf" "$work/first/50-a.conf"
check "$work/first" "$work/second"
is status "$status" 0
has out '1 rule in 1 file'
case_done 'a file of an earlier folder hides its namesake'

ln -s /dev/null "$work/first/60-b.conf"
cp "$rules/bad.conf" "$work/second/60-b.conf"
check "$work/first" "$work/second"
is status "$status" 0
case_done 'a link to /dev/null switches a file off'

ln -s nowhere "$work/first/70-c.conf"
check "$work/first" "$work/second"
is status "$status" 1
has err "$work/first/70-c.conf: error: a link to a file that is not there: to switch a file off, link to /dev/null"
has out '1 rule in 1 file: 1 error'
case_done 'a link to nowhere is an error, by name'

check "$work/absent.conf" "$rules/good.conf"
is status "$status" 1
has err "$work/absent.conf: error: No such file or directory"
has out '1 rule in 1 file: 1 error'
case_done 'a file that is not there is an error, by name'

if [ -n "$as" ]; then
        cp "$rules/good.conf" "$work/secret.conf"
        chmod 600 "$work/secret.conf"
        check "$work/secret.conf"
        is status "$status" 1
        has err "$work/secret.conf: error: "
        has err 'Permission denied'
        case_done 'a file that may not be read is an error, by name'

        mkdir "$work/closed"
        cp "$rules/bad.conf" "$work/closed"
        chmod 700 "$work/closed"
        check "$work/closed" "$rules"
        is status "$status" 1
        has err "$work/closed: error: the folder cannot be read: Permission denied"
        has err "$rules/bad.conf:4:14: error: "
        case_done 'a folder that may not be read is an error, by name, and the others are read'
fi

# A value whose end decides: what cuts lines would find no error here.
printf '[rule long]\nfor = cgroup:/system.slice/*\nwhen = avg(cgroup.cpu_some) > 20%% and %12000savg(%s) > 20%%\n%s\n' \
        '' cgroup.cpu_smoe 'then = cpu.weight = 200' >"$work/long.conf"
check "$work/long.conf"
is status "$status" 1
has err "$work/long.conf:3:12043: error: "
has err "did you mean 'cgroup.cpu_some'?"
case_done 'the end of a line of 12 kB is read, and its column is right'

printf '[rule %s]\nwhen = avg(cgroup.cpu_some) > 20%%\n' "$(printf '%0300d' 7)" >"$work/name.conf"
check "$work/name.conf"
is status "$status" 1
has err "$work/name.conf:1:"
case_done 'a section name too long for the reader is refused, not cut'

printf '[rule x]\nwhen = \033[31m\377\n' >"$work/foreign.conf"
check "$work/foreign.conf"
is status "$status" 1
if LC_ALL=C grep -q "$(printf '[\033\377]')" "$work/err"; then
        problem='
#   a control character came through'
fi
case_done 'control characters of a file do not reach the terminal'

printf '[rule none]\nfor = cgroup:/x\n' >"$work/short.conf"
check "$work/short.conf"
is status "$status" 1
has err 'short.conf:1:2: error: '
case_done 'a rule without when and then is an error at its name'

printf '[rule unit]\nfor = cgroup:/x\nwhen = avg(cgroup.cpu_some) > 5ms\nthen = cpu.weight = 200\n' >"$work/unit.conf"
check "$work/unit.conf"
is status "$status" 1
has err 'unit.conf:3:'
case_done 'a comparison of unlike units is an error'

: >"$work/empty.conf"
check "$work/empty.conf"
is status "$status" 0
has out '0 rules in 1 file: 0 errors, 0 warnings'
case_done 'an empty file is clean'

run check --plugins "$work/absent" "$rules/good.conf"
is status "$status" 1
has err "$work/absent"
case_done 'a folder of plugins that is not there is an error'

mkdir "$work/none"
run check --plugins "$work/none" "$rules/good.conf"
is status "$status" 0
has err "warning: "
has err "plugin 'cgroup'"
case_done 'names of a plugin that is not there are a warning: the rule waits'

cat >"$work/odd.conf" <<'END'
[rule never]
for    = cgroup:/a/*
when   = avg(cgroup.cpu_some) > 20% and avg(cgroup.cpu_some) < 10%
then   = cpu.weight = 200

[rule turns]
for    = cgroup:/a/*
when   = p99(sched.runq_latency) > 5ms
until  = p99(sched.runq_latency) < 8ms
then   = cpu.weight = 200

[rule fights]
for    = cgroup:/a/web.service
when   = avg(cgroup.cpu_some) > 20%
then   = cpu.weight = 300
END
check "$work/odd.conf"
is status "$status" 0
has out '3 rules in 1 file: 0 errors, 3 warnings'
has err "$work/odd.conf:3:10: warning: rule 'never' can never fire: 'avg(cgroup.cpu_some) > 20%' and 'avg(cgroup.cpu_some) < 10%' are never true together"
has err "$work/odd.conf:9:10: warning: 'until' overlaps 'when', both are true with p99(sched.runq_latency) > 5ms and p99(sched.runq_latency) < 8ms"
has err "$work/odd.conf:10:10: warning: rule 'turns' sets 'cpu.weight' of cgroup:/a/web.service to 200 while rule 'fights' ($work/odd.conf:15:10) sets it to 300"
has err '     |          ^~~~~~~~~~~~~~~~'
case_done 'rules that cannot do what they say are warned of, and no error'

check --json "$work/odd.conf"
is status "$status" 0
json '[(x["line"], x["column"], x["severity"]) for x in d] == [(3, 10, "warning"), (9, 10, "warning"), (10, 10, "warning")]'
case_done 'warnings are in the JSON, too'

check "$(dirname "$0")/../../etc/rules.d"
is status "$status" 0
has out '0 errors, 0 warnings'
for file in "$(dirname "$0")"/../../plugins/*/*rules*/*.conf "$(dirname "$0")"/../../plugins/*/*.conf; do
        [ -e "$file" ] || continue
        check "$file"
        is "status of $file" "$status" 0
        has out '0 errors, 0 warnings'
done
case_done 'what is shipped is free of errors and warnings'

# Examples people copy must be right: every [rule …] and [goal …] of the man page, and every condition that stands alone.
awk -v dir="$work" '
        /^```/ { inside = !inside; whole = 0; if (inside) file = sprintf("%s/example-%02d.conf", dir, ++n); next }
        !inside { next }
        /^\[(rule|goal) / { whole = 1 }
        /^when = / && !whole { printf "[rule %s-%d]\nfor = cgroup:/a/*\n%s\nthen = cpu.weight = 200\n", "when", NR, $0 >file; next }
        { print >file }
' "$(dirname "$0")/../../man/trimtab-rules.5.scd"
examples=$(grep -lE '^\[(rule|goal) ' "$work"/example-*.conf)
for file in $examples; do
        # A file that changes one bound of a rule is none without that rule.
        grep -qE '^(then|by|take) ' "$file" || continue
        check "$file"
        is "status of $file" "$status" 0
        has out '0 errors'
        # Which disks there are is this machine's affair.
        is "warnings of $file" "$(grep -F 'warning: ' "$work/err" | grep -vF 'the rule waits for device')" ''
done
is 'there are examples' "$(echo "$examples" | wc -l | awk '{ print ($1 >= 8) }')" 1
case_done 'the examples of trimtab-rules(5) are right'

finish
