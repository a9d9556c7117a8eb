#!/bin/sh
# Installs the Debian packages that a build (`setup.sh build`) or the tests (`setup.sh test`) need.
# Says what it will do before it does it; does nothing when all is there. No service is started.
set -eu

case "${1:-build}" in
  # libhyperscan-dev: pattern matching; pkg-config: finds it; lld: links quickly; cmake is not needed.
  build) want="gcc libc6-dev make pkg-config libhyperscan-dev lld" ;;
  # A real MTA (with a mechanism to sign in by), SMTP and milter test clients, the public tools that must open what we
  # keep, a browser with its driver and letters for the console's pages, and a malware scanner (without its signatures).
  test)  want="gcc libc6-dev make pkg-config libhyperscan-dev lld postfix swaks miltertest age zstd sqlite3 opendkim libsasl2-modules jq util-linux postgresql chromium chromium-driver fonts-liberation ca-certificates clamav-daemon tesseract-ocr tesseract-ocr-cym" ;;
  *) echo "usage: $0 build|test" >&2; exit 2 ;;
esac
# Fetches the tests' S3 server (scripts/s3-server.sh).
if [ "${1:-build}" = test ] && ! python3 -m pip --version >/dev/null 2>&1; then want="$want python3-pip"; fi

# Any version of PostgreSQL will do.
if [ -n "$(find /usr/lib/postgresql -name initdb 2>/dev/null)" ]; then want=$(echo "$want" | sed 's/ postgresql//'); fi

missing=""
for package in $want; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then sudo=""
elif command -v sudo >/dev/null 2>&1; then sudo="sudo"
else
  echo "These Debian packages are missing:$missing" >&2
  echo "Install them as root: apt-get install --no-install-recommends$missing" >&2
  exit 1
fi

echo "Installing from Debian${sudo:+ (by sudo)}:$missing"
export DEBIAN_FRONTEND=noninteractive
case "$missing" in
  *postfix* | *opendkim* | *postgresql* | *clamav*)
    # The tests run private instances; Debian's own must neither be configured nor started, and PostgreSQL's
    # package must not make a cluster that would start with the machine.
    case "$missing" in *postgresql*)
      $sudo mkdir -p /etc/postgresql-common/createcluster.d
      echo 'create_main_cluster = false' | $sudo tee /etc/postgresql-common/createcluster.d/gatehouse-tests.conf >/dev/null ;;
    esac
    echo 'postfix postfix/main_mailer_type select No configuration' | $sudo debconf-set-selections
    if [ ! -e /usr/sbin/policy-rc.d ]; then
      printf '#!/bin/sh\nexit 101\n' | $sudo tee /usr/sbin/policy-rc.d >/dev/null
      $sudo chmod 755 /usr/sbin/policy-rc.d
      trap '$sudo rm -f /usr/sbin/policy-rc.d' EXIT
    fi ;;
esac
$sudo apt-get -o DPkg::Lock::Timeout=600 update -q
# shellcheck disable=SC2086
$sudo apt-get -o DPkg::Lock::Timeout=600 install -y -q --no-install-recommends $missing
