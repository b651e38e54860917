#!/bin/sh
# The system programs that the tests marked "real" use. As root on Debian or Ubuntu the missing ones are installed by
# apt; elsewhere each missing one is named. With CI=true a missing one is an error.
set -u

missing_parts() {
    for part in dovecot:dovecot-imapd /usr/lib/dovecot/lmtp:dovecot-lmtpd postfix:postfix redis-server:redis-server \
        pg_ctlcluster:postgresql chromium:chromium swaks:swaks; do
        program=${part%%:*}
        PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$program" >/dev/null 2>&1 || echo "${part#*:}"
    done
    [ -n "$(find /usr/share/fonts -name 'DejaVuSans.ttf' 2>/dev/null | head -n 1)" ] || echo fonts-dejavu-core
}

install_by_apt() {
    # Nothing that is installed here may start by itself; a policy that already stands is left alone.
    policy=/usr/sbin/policy-rc.d
    made=
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && made=yes
    fi
    log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # several package names
    { apt-get update -q && apt-get install -y -q --no-install-recommends $1; } >"$log" 2>&1 ||
        echo "apt could not install $1; see $log." >&2
    [ -z "$made" ] || rm -f $policy
}

missing=$(missing_parts | tr '\n' ' ')
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing by apt: $missing"
    install_by_apt "$missing"
    missing=$(missing_parts | tr '\n' ' ')
fi
for part in $missing; do
    echo "NOT TESTED: $part is missing; the tests that need it are skipped." >&2
done
if [ -n "$missing" ] && [ "${CI:-}" = true ]; then
    echo "With CI=true nothing may be missing: $missing" >&2
    exit 1
fi
exit 0
