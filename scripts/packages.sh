# SPDX-License-Identifier: BSD-3-Clause
# Sourced by the entry points: installs what a fresh Debian 12 or 13 lacks, quietly, and only then.

# Packages by purpose. Every name is a package of both.
packages_build="gcc meson ninja-build pkg-config libdpdk-dev libevent-dev libmnl-dev libjansson-dev libedit-dev libxxhash-dev"
packages_quickstart="$packages_build python3 python3-xxhash xz-utils libcunit1-dev"
# For all suites of ./run-tests, then for single ones.
packages_tests="$packages_quickstart"
packages_lint="git clang-format"
packages_system="tmux"
# What DPDK's static libraries need on Debian 12 and their package does not bring, is the last.
packages_library="g++ binutils libsystemd-dev"
packages_live="iproute2 ethtool"
packages_model="spin"
packages_tsan="clang llvm libclang-rt-dev"
packages_fuzz="$packages_tsan"
packages_tidy="git clang-tidy"
packages_debian13="git debootstrap"
# make: link-time optimisation in parallel.
packages_bench="make $packages_build libcunit1-dev python3 python3-xxhash iproute2 ethtool liblwip-dev valgrind"

# need_packages PURPOSE...: make sure that packages_PURPOSE are installed; a purpose without packages of its own needs none.
need_packages()
{
	local purpose list missing="" name log

	for purpose in "$@"; do
		list="packages_$purpose"
		for name in ${!list:-}; do
			case "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) $missing " in
			installed\ * | *" $name "*) ;;
			*) missing="$missing $name" ;;
			esac
		done
	done
	[ -z "$missing" ] && return 0
	if [ "$(id -u)" != 0 ]; then
		echo "error: missing packages:$missing" >&2
		echo "run as root, or install them first: apt-get install$missing" >&2
		return 1
	fi
	echo "installing:$missing" >&2
	log=$(mktemp)
	# shellcheck disable=SC2086
	if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
		--no-install-recommends $missing; } >"$log" 2>&1; then
		echo "error: apt-get could not install:$missing" >&2
		tail -n 20 "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

# build_in DIRECTORY TARGETS [MESON ARGUMENTS]: configure once, then build the targets ("": all), quietly unless
# that fails.
build_in()
{
	local directory=$1 targets=$2 log

	shift 2
	log=$(mktemp)
	# shellcheck disable=SC2086
	if ! { { [ -f "$directory/build.ninja" ] || meson setup "$directory" "$@"; } &&
		ninja -C "$directory" $targets; } >"$log" 2>&1; then
		echo "error: the build in $directory failed:" >&2
		tail -n 40 "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

# suite_targets BUILD SUITE...: the programs of meson suites, as targets: what a sanitizer's build needs, and no more.
suite_targets()
{
	/usr/bin/python3 -c '
import json, os, sys
build, suites = sys.argv[1], sys.argv[2:]
targets = set()
for test in json.load(open(build + "/meson-info/intro-tests.json")):
    if any(suite in s for s in test["suite"] for suite in suites):
        for word in test["cmd"]:
            path = os.path.relpath(word.split(",")[0], os.path.abspath(build))
            if path.startswith("tests/"):
                targets.add(path)
print(" ".join(sorted(targets)))
' "$@"
}
