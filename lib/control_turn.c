/* SPDX-License-Identifier: BSD-3-Clause */
/* Turns of control, by its own lcore or by main. */
#include "control_turn.h"
#include "doorbell.h"

bool
control_turn(struct program *program, uint32_t *work)
{
	_Atomic uint64_t *longest = &program->longest_turn_ns[program->control_lcore];
	uint64_t now, took;

	*work = 0;
	if (atomic_exchange_explicit(&program->control_baton, true, memory_order_acquire))
		return false;
	/* taken with the baton in hand: control's time never goes back */
	now = program_now(program);
	*work = chimney_control_poll(program->target, now);
	took = program_now(program) - now;
	if (took > atomic_load_explicit(longest, memory_order_relaxed))
		atomic_store_explicit(longest, took, memory_order_relaxed);
	atomic_store_explicit(&program->control_baton, false, memory_order_release);
	return true;
}

bool
control_take_over(struct program *program)
{
	return toe_doorbell_take(chimney_control_bell(program->target));
}

/*
 * As control itself before it sleeps: announce, look again. Whether its lcore sleeps is not known here: when it does
 * not, the bell rings once for nothing.
 */
void
control_hand_back(struct program *program)
{
	struct toe_doorbell *bell = chimney_control_bell(program->target);
	uint32_t work;

	toe_doorbell_announce(bell);
	if (!control_turn(program, &work) || work != 0)
		toe_doorbell_wake(bell);
}
