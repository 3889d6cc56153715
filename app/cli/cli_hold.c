/* SPDX-License-Identifier: BSD-3-Clause */
/* Holding and releasing tuples for the CLI. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli_hold.h"

/* One call under way. The target owns `hold` until it is done. */
struct held_tuple {
	TAILQ_ENTRY(held_tuple) link;
	struct chimney_hold hold;
	struct session *session; /* NULL: gone */
};

static struct held_tuple *
first_done(struct cli *cli)
{
	struct held_tuple *tuple;

	TAILQ_FOREACH(tuple, &cli->holds, link)
	{
		if (atomic_load_explicit(&tuple->hold.done, memory_order_acquire) != 0)
			return tuple; /* NOLINT(clang-analyzer-unix.Malloc): freed are off the list */
	}
	return NULL;
}

static const char *
hold_reason(const struct session *session, uint32_t status)
{
	if (status == OFFLOAD_RESOURCES)
		return "as many tuples as --holds are held";
	return session->line.command->id == CMD_HOLD
	               ? "the tuple is held or offloaded already, or its worker is lost"
	               : "the tuple is not held, or its worker is lost";
}

void
cli_holds_tick(struct cli *cli)
{
	struct held_tuple *tuple;

	while ((tuple = first_done(cli)) != NULL) {
		uint32_t status = atomic_load(&tuple->hold.done) - 1;
		struct session *session = tuple->session;

		TAILQ_REMOVE(&cli->holds, tuple, link);
		free(tuple);
		if (session == NULL)
			continue;
		if (status == OFFLOAD_SUCCESS)
			reply_ok(session, NULL);
		else
			reply_error(session, NULL, "%s: %s: %s", session->line.command->words,
			        offload_status_name(status), hold_reason(session, status));
	}
}

/* The session goes: its hold is answered to nobody. */
static void
hold_cancel(struct session *session)
{
	struct held_tuple *tuple;

	TAILQ_FOREACH(tuple, &session->cli->holds, link)
	{
		if (tuple->session == session)
			tuple->session = NULL;
	}
}

void
cli_holds_fini(struct cli *cli)
{
	struct held_tuple *tuple;

	while ((tuple = TAILQ_FIRST(&cli->holds)) != NULL) {
		TAILQ_REMOVE(&cli->holds, tuple, link);
		free(tuple);
	}
}

static void
hold_or_release(
        struct session *session, int (*call)(struct chimney_host *host, struct chimney_hold *hold))
{
	const struct cli_value *value = session->line.value;
	struct cli *cli = session->cli;
	struct held_tuple *tuple;
	int result;

	if (value[ARG_SRC].address.family != value[ARG_DST].address.family) {
		cli_error_set(&session->error, &session->line, value[ARG_DST].word,
		        "src and dst are of different families; expected both IPv4 or both IPv6");
		reply_cli_error(session);
		return;
	}
	if (value[ARG_PORT].number >= cli->program->shared.port_count) {
		cli_error_set(&session->error, &session->line, value[ARG_PORT].word,
		        "there are ports 0 to %u", cli->program->shared.port_count - 1);
		reply_cli_error(session);
		return;
	}
	tuple = calloc(1, sizeof(*tuple));
	if (tuple == NULL) {
		reply_error(session, NULL, "out of memory");
		return;
	}
	memcpy(tuple->hold.source, value[ARG_SRC].address.bytes, sizeof(tuple->hold.source));
	memcpy(tuple->hold.destination, value[ARG_DST].address.bytes,
	        sizeof(tuple->hold.destination));
	tuple->hold.local_port = htons((uint16_t)value[ARG_SPORT].number);
	tuple->hold.remote_port = htons((uint16_t)value[ARG_DPORT].number);
	tuple->hold.family = value[ARG_SRC].address.family;
	tuple->hold.port = (uint16_t)value[ARG_PORT].number;
	tuple->session = session;
	result = call(cli->host->host, &tuple->hold);
	if (result != 0) {
		free(tuple);
		reply_error(
		        session, NULL, "%s: %s", session->line.command->words, strerror(-result));
		return;
	}
	TAILQ_INSERT_TAIL(&cli->holds, tuple, link);
	session_wait(session, hold_cancel, NULL);
	cli_tick(cli);
}

void
cli_hold(struct session *session)
{
	hold_or_release(session, chimney_hold);
}

void
cli_release(struct session *session)
{
	hold_or_release(session, chimney_release);
}
