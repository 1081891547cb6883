#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# test-pure.sh LIBDECIDE.a CORE
# decide/ is pure: no clock, no files, no globals. Seen in what its files include, in what its objects call, and in what they keep.
set -eu
export LC_ALL=C
library=$1
core=$2
failed=0

complain() {
	echo "$1:"
	echo "$2" | sed 's/^/        /'
	failed=1
}

# Of the C library only what computes; of ours only rooms further down, and of these no scanner and no clock.
system='errno|float|inttypes|limits|math|stdarg|stdbool|stddef|stdint|stdio|stdlib|string'
ours='decide/.*|sense/(catalogue|objects|statistic|store)|config/(diag|ini|options|protect|units)|util/(array|cleanup|ownership|str)'
found=$(grep -rn '#include' "$core/decide" | grep -vE "#include (<($system)\\.h>|\"($ours)\\.h\")" || true)
[ -z "$found" ] || complain 'includes more than a pure room may' "$found"

# An archive's objects call each other: these are not missing.
defined=$(nm --defined-only "$library" | awk 'NF == 3 { print $3 }' | sort -u)
calls=$(nm --undefined-only "$library" | awk '$1 == "U" { print $2 }' | sort -u)
calls=$(printf '%s\n' "$calls" | grep -vxF "$defined" || true)
[ -n "$calls" ] || complain 'calls nothing at all: is this the library' "$library"

memory='calloc|malloc|realloc|reallocarray|free|mem[a-z]+|qsort|bsearch'
text='str[a-z]+|v?snprintf|v?fprintf|fput[cs]|fwrite|open_memstream|fclose' # of streams only those in memory: none can be opened
numbers='ceil|exp|exp2|fabs|floor|fmax|fmin|fmod|log|log2|pow|round|sqrt'
compiler='__asan_.*|__ubsan_.*|__stack_chk_fail|__[a-z]+_chk|__errno_location|__isoc[0-9]+_.*|__sanitizer_.*|_GLOBAL_OFFSET_TABLE_|__gcov_.*|__tls_get_addr'
rooms='array_reserve|ini_get|(catalogue|diag|dimension|duration|object|objects|protect|quantity|statistic|store|str|unit)_[a-z_]+'
found=$(printf '%s\n' "$calls" | grep -vxE "$memory|$text|$numbers|$compiler|$rooms" || true)
[ -z "$found" ] || complain 'calls more than a pure room may' "$found"

found=$(nm -f sysv "$library" | awk -F '|' '{ gsub(/ /, ""); if ($7 ~ /^\.t?(data|bss)$/ && $1 !~ /^(__|\.)/) print $1 }')
[ -z "$found" ] || complain 'keeps what can change between two calls' "$found"

exit $failed
