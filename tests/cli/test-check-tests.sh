#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Proves: `trimtab check --test` runs tests of rules, says what was decided instead, and needs neither root nor a daemon.
# Usage: test-check-tests.sh TRIMTAB PLUGIN-DIR

trimtab=$1
plugins=$(realpath "$2")
trimtab=$(realpath "$trimtab")
. "$(dirname "$0")/lib.sh"
top=$(dirname "$0")/../..

check() {
        run check --plugins "$plugins" "$@"
}

cat >"$work/web.conf" <<'END'
[rule web]
for  = cgroup:/web
when = avg(cgroup.cpu_some) > 20%
hold = 5s
then = cpu.weight = 300
clear-hold = 10s
END
cat >"$work/good.test" <<'END'
[defaults]
rules   = web.conf
objects = cgroup:/web
knobs   = cpu.weight = 100

[test it acts]
samples = cgroup.cpu_some = 60% x30s, 2%
expect  = 5s web sets cpu.weight to 300
          nothing else

[test it does not]
samples = cgroup.cpu_some = 10%
expect  = ..5min nothing
END
check --test "$work/good.test"
is status "$status" 0
is stdout "$(cat "$work/out")" '2 passed, 0 failed'
is stderr "$(cat "$work/err")" ''
case_done 'tests that pass are counted, and nothing else is said'

# The same, from elsewhere: rules are beside the test, wherever one is.
(cd / && "$trimtab" check --plugins "$plugins" --test "$work/good.test" >"$work/out" 2>"$work/err")
is status $? 0
case_done 'rules are looked for beside their tests'

mkdir "$work/broken"
sed 's/> 20%/> 70%/' "$work/web.conf" >"$work/broken/web.conf"
cp "$work/good.test" "$work/broken"
check --test "$work/broken/good.test"
is status "$status" 1
is stdout "$(cat "$work/out")" '1 passed, 1 failed'
has err "$work/broken/good.test:8:11: error: test 'it acts': not so: nothing was decided then, web is idle on cgroup:/web since 0s, avg(cgroup.cpu_some) = 60%"
has err '8 | expect  = 5s web sets cpu.weight to 300'
has err '^~~~~~~~~~~~~~~~~~~~~~~~~~~'
case_done 'a rule that was broken fails its test: where, what was expected, and how it stood'

cat >"$work/off.test" <<'END'
[test by one]
rules   = web.conf
objects = cgroup:/web
knobs   = cpu.weight = 100
samples = cgroup.cpu_some = 60%
expect  = 6s web sets cpu.weight to 300
          5s web sets cpu.weight to 400
          ..10s nothing
END
check --test "$work/off.test"
is status "$status" 1
is stdout "$(cat "$work/out")" '0 passed, 1 failed'
has err 'off.test:6:11: error: '
has err "but at 5s, web sets cpu.weight of cgroup:/web to 300 (from 100): avg(cgroup.cpu_some) = 60% > 20% for 5s"
has err "off.test:7:11: error: test 'by one': not so: at 5s, web sets cpu.weight of cgroup:/web to 300 (from 100): avg("
has err "off.test:8:11: error: test 'by one': not so: at 5s, web sets"
case_done 'what was decided instead is told, with its reason'

check --json --test "$work/good.test" "$work/off.test"
is status "$status" 1
is stderr "$(cat "$work/err")" ''
json '[(x["test"], x["line"], x["passed"]) for x in d] == [("it acts", 6, True), ("it does not", 11, True), ("by one", 1, False)]'
json 'd[0]["file"].endswith("/good.test") and d[0]["messages"] == []'
json '[(m["line"], m["column"], m["severity"]) for m in d[2]["messages"]] == [(6, 11, "error"), (7, 11, "error"), (8, 11, "error")]'
json 'd[2]["messages"][1]["source"] == "5s web sets cpu.weight to 400" and "to 300" in d[2]["messages"][1]["message"]'
case_done 'the same as JSON; several files behind one --test'

mkdir "$work/all"
cp "$work/good.test" "$work/all/10-a.test"
cp "$work/good.test" "$work/all/20-b.test"
cp "$work/web.conf" "$work/all"
check --test "$work/all" --test "$work/off.test"
is status "$status" 1
is stdout "$(cat "$work/out")" '4 passed, 1 failed'
case_done 'a folder stands for its *.test; --test can be repeated'

cat >"$work/bad.test" <<'END'
[test bad]
rules   = web.conf
objects = cgroup:/web
tick    = 2s
knobs   = cpu.weight = 100
          cpu.wieght = 100
          cpu.weight @cgroup:/wbe = 100
samples = cgroup.cpu_smoe = 60%
          cgroup.cpu_some = 60% x
expect  = 6s wbe sets cpu.weight to 300
          5s web sets cpu.weight to 300
          6s web sets cpu.weight to 30000
          6s web is actve
hodl    = 3
[test good]
rules   = web.conf
objects = cgroup:/web
expect  = ..5s nothing
END
check --test "$work/bad.test"
is status "$status" 1
is stdout "$(cat "$work/out")" '1 passed, 1 failed'
has err "bad.test:6:11: error: unknown knob 'cpu.wieght', did you mean 'cpu.weight'?"
has err "bad.test:7:22: error: unknown object (it is not in 'objects') 'cgroup:/wbe', did you mean 'cgroup:/web'?"
has err "bad.test:8:11: error: unknown metric 'cgroup.cpu_smoe', did you mean 'cgroup.cpu_some'?"
has err "bad.test:9:34: error: expected for how long"
has err "bad.test:10:14: error: unknown rule 'wbe', did you mean 'web'?"
has err "bad.test:11:11: error: there is no tick then: they are every 2s"
has err "bad.test:12:37: error: out of the range of 'cpu.weight', 1..10000"
has err "bad.test:13:21: error: unknown phase 'actve', did you mean 'active'?"
has err "bad.test:14:1: error: unknown key 'hodl'"
has err '6 |           cpu.wieght = 100'
lacks err 'not so'
case_done 'mistakes in a test have their place and the nearest name; it is not run, others are'

printf '[test x]\nrules = web.conf\nobjects = cgroup:/web\nexpect = 0s nothing\nsamples = irq.rate = 5\n' >"$work/far.test"
check --test "$work/far.test"
is status "$status" 1
has err "far.test:5:11: error: unknown metric 'irq.rate'"
case_done 'what no plugin here has cannot be tested'

printf '[rule web]\nfor = cgroup:/web\n' >"$work/half.conf"
printf '[test x]\nrules = half.conf\nobjects = cgroup:/web\nexpect = 0s nothing\n[test y]\nrules = half.conf\nexpect = 0s nothing\n' >"$work/half.test"
check --test "$work/half.test"
is status "$status" 1
is stdout "$(cat "$work/out")" '0 passed, 2 failed'
has err "half.conf:1:2: error: rule 'web' has no 'when'"
is 'said once' "$(grep -c "has no 'when'" "$work/err")" 1
case_done 'rules that are wrong fail their tests, and are told once'

printf '[test x]\nrules = absent.conf\nexpect = 0s nothing\n' >"$work/lost.test"
check --test "$work/lost.test"
is status "$status" 1
has err "lost.test:2:9: error: $work/absent.conf: No such file or directory"
case_done 'rules that are not there are an error in their place'

check --test "$work/absent.test"
is status "$status" 1
has err "$work/absent.test: error: No such file or directory"
is stdout "$(cat "$work/out")" '0 passed, 1 failed'
: >"$work/empty.test"
check --test "$work/empty.test"
is status "$status" 1
has err 'there is no [test NAME] in this file'
mkdir "$work/none"
check --test "$work/none"
is status "$status" 1
has err 'there is no *.test in this folder'
check --test "$work/web.conf"
is status "$status" 1
has err 'web.conf:1:2: error: rules stand in files of their own'
case_done 'nothing tested does not look like everything passed'

run check --test
is status "$status" 2
run status --test "$work/good.test"
is status "$status" 2
has err "'status' does not take --test"
run check --help
has out '--test FILE|DIR'
case_done 'usage'

# The shipped rules are what their tests say, and the tests see it when they are not.
check --test "$top/etc/tests"
is status "$status" 0
has out '17 passed, 0 failed'
mkdir "$work/rules.d" "$work/tests"
# FILE CHANGE...: each change of that file fails its tests.
spoil() {
        file=$1
        shift
        cp "$top/etc/tests/$file.test" "$work/tests"
        for change; do
                sed "$change" "$top/etc/rules.d/$file.conf" >"$work/rules.d/$file.conf"
                check --test "$work/tests/$file.test"
                is "status after $change" "$status" 1
        done
}
spoil 50-slices 's/> 20ms/> 60ms/' 's/hold = 15s/hold = 12s/' 's/> 20%/> 10%/' 's/\*= 1.5/*= 1.6/' 's/100..400/100..500/' \
        's/on-clear = ease/on-clear = restore/' 's/< 10ms/< 15ms/;s/^until.*/&\nclear-hold = 60s/' 's/cgroup:\/user/cgroup:\/usr/'
spoil 50-memory 's/> 10%/> 20%/' 's/^hold = 15s/hold = 12s/' 's/256Mi/512Mi/' 's/clear-hold = 2min/clear-hold = 30s/' \
        's/window = 30s/window = 5s/' 's/system.slice/user.slice/'
spoil 50-disks 's/> 40%/> 60%/' 's/^hold = 15s/hold = 12s/' 's/\*= 1.5/*= 1.6/' 's/100..400/100..500/' 's/on-clear = ease/on-clear = restore/' \
        's/< 20%/< 35%/' 's/window = 30s/window = 5s/' 's/system.slice/user.slice/'
case_done 'the tests of the shipped rules pass, and fail when one of their numbers is another'

# Examples people copy must be right.
mkdir "$work/man"
awk -v dir="$work/man" '
        /^```/ { inside = !inside; file = ""; next }
        inside && /^# [a-z]+\.(conf|test)/ { file = dir "/" $2; sub(/,$/, "", file) }
        inside && file { print >file }
' "$top/man/trimtab-rule-tests.5.scd"
check --test "$work/man"
is status "$status" 0
has out '4 passed, 0 failed'
case_done 'the examples of trimtab-rule-tests(5) pass'

finish
