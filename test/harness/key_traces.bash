# shellcheck shell=bash
#
# Private keys in the memory of a process: `load ../harness/key_traces`. Root only, since who holds a key cannot be looked into.
#
#   until_stopped POINT N COMMAND...
#                                    starts it, and returns when it stands still at passage N of this failpoint: its pid is
#                                    $held. False when it got through
#   until_stdout_blocks COMMAND...   starts it with a standard output that takes nothing, and returns when it has done all
#                                    but print what it made: its pid is $held. Where the command is a way to it, as `inside`
#                                    is, that of $QUORATE below it is $held_below
#   let_go                           lets it print and end; what it printed is in $BATS_TEST_TMPDIR/held.out. Its exit code
#   key_traces PID KEY...            what of these key files (PEM; EC or RSA) is in the memory that the process can write
#                                    to: one line "FILE KIND TIMES" for each find, nothing where there is none

until_stopped() {
    local point=$1 n=$2
    shift 2
    QUORATE_FAILPOINTS=$point=stop@$n "$@" >"$BATS_TEST_TMPDIR/held.out" 2>"$BATS_TEST_TMPDIR/held.err" 3>&- &
    held=$!
    wait_for 60 _stands
    [[ -e /proc/$held/exe ]]
}

until_stdout_blocks() {
    local fifo=$BATS_TEST_TMPDIR/held.fifo
    rm -f "$fifo"
    mkfifo "$fifo"
    exec 7<>"$fifo"
    # Full to the last byte, so that the first write waits.
    dd if=/dev/zero of="$fifo" bs=4096 count=4096 oflag=nonblock 2>/dev/null || true
    dd if=/dev/zero of="$fifo" bs=1 count=4096 oflag=nonblock 2>/dev/null || true
    "$@" >"$fifo" 2>"$BATS_TEST_TMPDIR/held.err" 3>&- 7>&- &
    held=$!
    wait_for 180 _waits_for_pipe
}

let_go() {
    local status=0 reader
    tr -d '\0' <"$BATS_TEST_TMPDIR/held.fifo" >"$BATS_TEST_TMPDIR/held.out" 7>&- &
    reader=$!
    exec 7>&-
    wait "$held" || status=$?
    wait "$reader"
    return $status
}

key_traces() {
    local pid=$1 key
    shift
    _memory_hex "$pid" >"$BATS_TEST_TMPDIR/memory"
    for key; do
        _key_patterns "$key" | while read -r kind pattern; do
            _count "$key" "$kind" "$pattern"
        done
    done
    rm "$BATS_TEST_TMPDIR/memory"
}

# --- below: for this file only -----------------------------------------------------------------

_waits_for_pipe() {
    held_below=$(_program_below "$held")
    [[ ! -e /proc/$held || (-n $held_below && $(cat "/proc/$held_below/wchan") == *pipe_w*) ]]
}

# The process itself, or the first one below it that runs $QUORATE.
_program_below() {
    local pid=$1
    while [[ -n $pid && $(readlink "/proc/$pid/exe") != "$(readlink -f "$QUORATE")" ]]; do
        pid=$(pgrep -P "$pid" | head -n 1)
    done
    echo "$pid"
}

# Or has ended.
_stands() {
    [[ ! -e /proc/$held/exe || $(ps -o state= -p "$held") == T ]]
}

_count() {
    local times
    times=$(grep -oF "$3" "$BATS_TEST_TMPDIR/memory" | wc -l)
    [[ $times -eq 0 ]] || echo "$1 $2 $times"
}

# All that may be written to, as one line of hexadecimal digits.
_memory_hex() {
    local range mode from until
    while read -r range mode _; do
        [[ $mode == rw* ]] || continue
        from=$((16#${range%-*} / 4096)) until=$((16#${range#*-} / 4096))
        dd if="/proc/$1/mem" bs=4096 skip=$from count=$((until - from)) 2>/dev/null
    done <"/proc/$1/maps" | basenc --base16 -w0
}

# "KIND DIGITS": the secret numbers as they stand in DER and, in words of the machine's order, in OpenSSL's big numbers; and
# lines of the PEM that are of nothing else.
_key_patterns() {
    local number hex
    openssl pkey -in "$1" -text -noout 2>/dev/null | awk '
        /^(priv|privateExponent|prime1|prime2|exponent1|exponent2|coefficient):/ { name = substr($1, 1, length($1) - 1); next }
        /^ / && name { gsub(/[ :]/, ""); number[name] = number[name] $0; next }
        { name = "" }
        END { for (n in number) print n, toupper(number[n]) }' |
        while read -r name number; do
            # A leading zero byte is no part of it.
            hex=${number: -64}
            echo "$name ${hex:0:48}"
            echo "$name-reversed $(_reversed "${hex:16:48}")"
        done
    # An RSA key's secret begins in its second half.
    if openssl pkey -in "$1" -text -noout 2>/dev/null | grep -q RSA; then
        grep -v -e ----- "$1" | sed -n '9,14p'
    else
        grep -v -e ----- "$1" | sed -n '1,2p'
    fi | while read -r line; do
        echo "pem $(printf %s "$line" | basenc --base16 -w0)"
    done
}

_reversed() {
    local i text=
    for ((i = ${#1} - 2; i >= 0; i -= 2)); do
        text+=${1:i:2}
    done
    printf %s "$text"
}
