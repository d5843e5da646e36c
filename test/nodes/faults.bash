# shellcheck shell=bash
#
# What goes wrong with hosts. Part of test/harness/nodes.bash. WHO is a host or "quorate", which is us.
#
#   node_cut WHO WHO, node_uncut WHO WHO      nothing passes between the two; each end waits in vain
#   node_cut_from WHO TO, node_uncut_from WHO TO          the same, one direction only
#   node_isolate NAME, node_rejoin NAME       cut from all others and from us
#   node_delay NAME MS [LOSS_PERCENT]         every frame to and from the host takes so much longer
#   node_slow NAME RATE                       at most so much each way: 20mbit
#   node_undelay NAME, node_unslow NAME       a reboot takes them away, too
#   node_disk NAME PATH SIZE                  reboots with a disk of that size (64M) at PATH, which stays
#   node_fill NAME PATH, node_unfill NAME PATH            leaves no room on the disk of PATH
#   node_freeze NAME PROGRAM, node_thaw NAME PROGRAM      SIGSTOP and SIGCONT
#   node_kill NAME PROGRAM [SIGNAL]           SIGKILL unless told
#   node_skew NAME PROGRAM SECONDS            the wall clock of that running program, until it ends
#   node_clock NAME SECONDS                   the wall clock of commands over ssh and of sudo; 0 ends it
#   nodes_disconnect                          ends the connections that ssh keeps for later commands
#   node_take_port NAME PORT, node_free_port NAME PORT    somebody else listens there
#   node_user NAME USER free|password|none    a user who takes our key; sudo without a password, with one
#                                             (that nobody knows), or none. "admin" is free, "guest" none
#   node_prompt NAME USER                     start files of the shell that write, ask and rename commands
#   node_host_key NAME known|unknown|changed  what our known_hosts says of the host

node_cut() {
    node_cut_from "$1" "$2" && node_cut_from "$2" "$1"
}

node_uncut() {
    node_uncut_from "$1" "$2" && node_uncut_from "$2" "$1"
}

node_cut_from() {
    inside nft add element bridge bench cuts "{ $(node_ip "$1") . $(node_ip "$2") }"
}

node_uncut_from() {
    inside nft delete element bridge bench cuts "{ $(node_ip "$1") . $(node_ip "$2") }"
}

node_isolate() {
    local other
    for other in quorate $(_nodes_names); do
        [[ $other == "$1" ]] || node_cut "$1" "$other" || return 1
    done
}

node_rejoin() {
    local other
    for other in quorate $(_nodes_names); do
        [[ $other == "$1" ]] || node_uncut "$1" "$other" || return 1
    done
}

node_delay() {
    local name=$1 log
    log=$(nodes_dir)/$name/wire
    shift
    inside ip link add "to-$name" type veth peer name "wire-$name" &&
        inside ip link set "vb-$name" nomaster && inside ip link set "to-$name" master bench &&
        inside ip link set "to-$name" up && inside ip link set "wire-$name" up || return 1
    # shellcheck disable=SC2154 # set by our user
    _nodes_exec "$_nodes_here/wire" "vb-$name" "wire-$name" "$@" </dev/null >"$log.log" 2>&1 3>&- &
    echo $! >"$log"
    disown $!
}

node_undelay() {
    local name=$1 wire
    wire=$(nodes_dir)/$1/wire
    [[ -f $wire ]] || return 0
    kill -KILL "$(<"$wire")"
    rm "$wire"
    inside ip link delete "to-$name" && inside ip link set "vb-$name" master bench
}

node_slow() {
    inside tc qdisc replace dev "vb-$1" root tbf rate "$2" burst 64kb latency 500ms &&
        node_sh "$1" tc qdisc replace dev host0 root tbf rate "$2" burst 64kb latency 500ms
}

node_unslow() {
    inside tc qdisc delete dev "vb-$1" root && node_sh "$1" tc qdisc delete dev host0 root
}

node_disk() {
    echo "$2 $3" >>"$(nodes_dir)/$1/disks"
    node_reboot "$1"
}

node_fill() {
    node_sh "$1" dd if=/dev/zero "of=$2/.filler" bs=64k status=none 2>/dev/null || true
    node_sh "$1" sync -f "$2"
    [[ $(node_sh "$1" df --output=avail "$2" | tail -n 1) -lt 64 ]]
}

node_unfill() {
    node_sh "$1" rm "$2/.filler"
}

node_freeze() {
    node_sh "$1" pkill -STOP -x "$2"
}

node_thaw() {
    node_sh "$1" pkill -CONT -x "$2"
}

node_kill() {
    node_sh "$1" pkill "-${3:-KILL}" -x "$2"
}

node_skew() {
    local pid leader
    leader=$(_node_leader "$1") || return 1
    for pid in $(pgrep --ns "$leader" --nslist pid -x "$2"); do
        "$_nodes_here/skew" "$pid" "$3" || return 1
    done
    [[ -n $pid ]]
}

# By libfaketime, which sshd itself, with its system calls filtered, would not survive. sudo takes the
# preload from its environment, so it has a file of its own to get it from.
node_clock() {
    local name=$1 library offset
    if [[ $2 -eq 0 ]]; then
        node_sh "$name" rm -f /etc/ssh/sshd_config.d/clock.conf /etc/sudoers.d/clock
    else
        library=$(node_sh "$name" sh -c 'ls /usr/lib/*/faketime/libfaketime.so.1')
        offset=$(printf '%+d' "$2")
        echo "SetEnv LD_PRELOAD=$library FAKETIME=$offset FAKETIME_DONT_FAKE_MONOTONIC=1" |
            _node_write "$name" /etc/ssh/sshd_config.d/clock.conf
        printf '%s\n' "LD_PRELOAD=$library" "FAKETIME=$offset" FAKETIME_DONT_FAKE_MONOTONIC=1 |
            _node_write "$name" /etc/faketime.env
        echo 'Defaults env_file=/etc/faketime.env' | _node_write "$name" /etc/sudoers.d/clock 440
    fi
    node_sh "$name" systemctl reload ssh
}

node_take_port() {
    node_sh "$1" systemd-run --quiet --unit="taken-$2" python3 -m http.server "$2"
    wait_for 20 node_sh "$1" sh -c "ss -Hltn sport = :$2 | grep -q ."
}

node_free_port() {
    node_sh "$1" systemctl stop "taken-$2"
}

nodes_disconnect() {
    inside pkill -f '^ssh: .*\[mux\]' || true
}

node_user() {
    local name=$1 user=$2
    node_sh "$name" id "$user" >/dev/null 2>&1 || node_sh "$name" useradd --create-home --shell /bin/bash "$user"
    case $3 in
        free) echo "$user ALL=(ALL) NOPASSWD: ALL" ;;
        password) echo "$user ALL=(ALL) ALL" ;;
        none) echo "# $user has none" ;;
    esac | _node_write "$name" "/etc/sudoers.d/$user" 440
    [[ $3 != password ]] || node_sh "$name" usermod --password "$(openssl passwd -6 nobody-knows)" "$user"
}

node_prompt() {
    local name=$1 home file
    home=$(node_sh "$name" getent passwd "$2" | cut -d: -f6)
    # Bash reads .bashrc for commands over ssh, too, and /etc/bash.bashrc before it.
    for file in .bashrc .bash_profile; do
        _node_write "$name" "$home/$file" <<'PROMPT'
printf '\033]0;%s\007\033[1mWelcome!\033[0m\n' "$HOSTNAME"
echo 'quota: command not found' >&2
read -t 0.2 -p 'Continue? [y/n] '
PS1='\[\033[31m\]\u@\h\$ "'"'"' \['
PROMPT_COMMAND='echo; echo $RANDOM'
cat() { command cat -A "$@"; }
stat() { echo "stat is not for you"; }
alias rm='rm -i' mv='mv -i' ls='ls --color=always' sha256sum=md5sum
shopt -s expand_aliases
set -o noclobber
export LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8 GREP_OPTIONS=--color=always POSIXLY_CORRECT=1 TIME_STYLE=locale
umask 077
cd /tmp
trap 'echo goodbye' EXIT
PROMPT
    done
}

node_host_key() {
    local name=$1 known
    known=$(nodes_dir)/ssh/known_hosts
    sed -i "/^$name,/d" "$known"
    case $2 in
        known) _node_host_key_line "$name" ;;
        changed) echo "$name,$(node_ip "$name") $(<"$(nodes_dir)/ssh/id.pub")" ;;
        unknown) ;;
    esac >>"$known"
}

# --- below: for this file only -----------------------------------------------------------------

_nodes_names() {
    find "$(nodes_dir)" -mindepth 1 -maxdepth 1 -name 'db[1-9]' -printf '%f\n' | sort
}
