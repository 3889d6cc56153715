# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run-tests: steps that take long and need nobody's attention. They run one after the other at the lowest priority,
# beside suites that mostly wait. What a step prints and its exit status are kept until its suite asks for them.
#
# A step may be starved for as long as others want the processor: nothing in it may depend on time.

behind_folder=
behind_pid=

# behind_start STEP...: begin; each step is the function step_STEP.
behind_start()
{
	local step

	[ $# -gt 0 ] || return 0
	behind_folder=$(mktemp -d)
	trap behind_end EXIT
	# A process group of its own, so that all of it can be ended.
	set -m
	{
		chrt -i -p 0 "$BASHPID" || renice -n 19 "$BASHPID"
		for step in "$@"; do
			"step_$step" >"$behind_folder/$step" 2>&1
			echo $? >"$behind_folder/$step.status"
		done
	} >/dev/null 2>&1 </dev/null &
	behind_pid=$!
	set +m
}

# behind_result STEP: wait for it; its output and its exit status.
behind_result()
{
	until [ -s "$behind_folder/$1.status" ]; do
		if ! kill -0 "$behind_pid" 2>/dev/null && [ ! -s "$behind_folder/$1.status" ]; then
			echo "error: step $1 was ended"
			return 1
		fi
		sleep 0.2
	done
	cat "$behind_folder/$1"
	return "$(cat "$behind_folder/$1.status")"
}

behind_end()
{
	kill -- "-$behind_pid" 2>/dev/null
	rm -rf "$behind_folder"
}
