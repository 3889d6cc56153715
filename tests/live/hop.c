/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hop as a program: passes frames between two interfaces of its namespace, by its rules.
 *
 * Usage: hop INTERFACE-A INTERFACE-B
 *
 * Commands on stdin, one a line, each answered by one line of JSON on stdout; it ends with stdin.
 *   seed N                     begin the draws anew, and count from 0
 *   set DIRECTION RULE VALUE [RULE VALUE]...
 *                              DIRECTION: ab, ba or both. Rules: loss, duplicate, reorder, mark (probabilities
 *                              for TCP frames), reorder-us, delay-us, rate-mbit, queue (frames). What is not
 *                              named is off.
 *   capture SIDE FILE          SIDE: a or b. What that side sends, before any loss, and what it receives
 *   capture off
 *   stats                      what was counted, by direction
 */
#include "hop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BURST 64u
#define WORDS 32u
#define BUFFER_BYTES (64 << 20) /* of either socket: the kernel may drop nothing */
#define NS_PER_S UINT64_C(1000000000)

static int sockets[HOP_SIDES];
static struct hop_direction directions[HOP_SIDES]; /* by the side that the frames come from */
static struct hop_queue queue;
static struct hop_capture capture;

static void
give_up(const char *what, const char *name)
{
	fprintf(stderr, "hop: %s %s: %s\n", what, name, strerror(errno));
	exit(1);
}

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int
open_side(const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int one = 1, bytes = BUFFER_BYTES, fd;

	address.sll_ifindex = (int)if_nametoindex(name);
	if (address.sll_ifindex == 0)
		give_up("interface", name);
	/* Of no protocol until it is bound: frames of other interfaces would come before that. */
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0)
		give_up("packet socket for", name);
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) != 0 ||
	        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0 ||
	        setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0 ||
	        bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		give_up("packet socket on", name);
	return fd;
}

/* A frame that came from a side: to the queue, twice, or nowhere. */
static void
admit(struct hop_frame *frame, uint32_t from, uint64_t now)
{
	struct hop_fate fate;
	struct hop_frame *copy;

	hop_capture_frame(&capture, from, frame->data, frame->length);
	fate = hop_rules_apply(&directions[from], frame, now);
	if (fate.lost) {
		hop_queue_give(&queue, frame);
		return;
	}
	frame->to = !from;
	frame->due_ns = fate.due_ns;
	if (fate.duplicated) {
		copy = hop_queue_take(&queue);
		memcpy(copy, frame, sizeof(*copy));
		hop_queue_push(&queue, copy);
	}
	hop_queue_push(&queue, frame);
}

static void
receive(uint32_t from)
{
	static struct mmsghdr messages[BURST];
	static struct iovec parts[BURST];
	struct hop_frame *frames[BURST];
	uint64_t now;
	int count;

	for (uint32_t i = 0; i < BURST; i++) {
		frames[i] = hop_queue_take(&queue);
		parts[i].iov_base = frames[i]->data;
		parts[i].iov_len = HOP_FRAME_MAX;
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	count = recvmmsg(sockets[from], messages, BURST, MSG_DONTWAIT, NULL);
	now = now_ns();
	for (int i = 0; i < (int)BURST; i++) {
		if (i < count && !(messages[i].msg_hdr.msg_flags & MSG_TRUNC)) {
			frames[i]->length = messages[i].msg_len;
			admit(frames[i], from, now);
			continue;
		}
		if (i < count)
			directions[from].counts.too_long++;
		hop_queue_give(&queue, frames[i]);
	}
}

static void
send_burst(struct hop_frame **frames, uint32_t count, uint32_t to)
{
	static struct mmsghdr messages[BURST];
	static struct iovec parts[BURST];
	struct hop_counts *counts = &directions[!to].counts;
	uint32_t done = 0;

	for (uint32_t i = 0; i < count; i++) {
		hop_capture_frame(&capture, to, frames[i]->data, frames[i]->length);
		parts[i].iov_base = frames[i]->data;
		parts[i].iov_len = frames[i]->length;
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (done < count) {
		int sent = sendmmsg(sockets[to], messages + done, count - done, 0);

		if (sent <= 0) {
			/* One frame was refused; the others go on. */
			counts->send_errors++;
			done++;
			continue;
		}
		counts->sent += (uint32_t)sent;
		done += (uint32_t)sent;
	}
	for (uint32_t i = 0; i < count; i++)
		hop_queue_give(&queue, frames[i]);
}

/* Send all that is due, in order, in bursts to the same side. */
static void
flush(void)
{
	struct hop_frame *burst[BURST], *frame;
	uint64_t now = now_ns();
	uint32_t count = 0;

	while ((frame = hop_queue_pop(&queue, now)) != NULL) {
		if (count == BURST || (count > 0 && burst[0]->to != frame->to)) {
			send_burst(burst, count, burst[0]->to);
			count = 0;
		}
		burst[count++] = frame;
	}
	if (count > 0)
		send_burst(burst, count, burst[0]->to);
}

static void
print_direction(const char *name, uint32_t from, const char *end)
{
	struct hop_counts *counts = &directions[from].counts;
	struct tpacket_stats stats;
	socklen_t length = sizeof(stats);

	/* Reading sets the kernel's count to 0. */
	if (getsockopt(sockets[from], SOL_PACKET, PACKET_STATISTICS, &stats, &length) == 0)
		counts->missed += stats.tp_drops;
	printf("\"%s\":{\"frames\":%ju,\"bytes\":%ju,\"tcp\":%ju,\"lost\":%ju,\"duplicated\":%ju,"
	       "\"reordered\":%ju,\"marked\":%ju,\"overflowed\":%ju,\"sent\":%ju,\"too_long\":%ju,"
	       "\"send_errors\":%ju,\"missed\":%ju}%s",
	        name, (uintmax_t)counts->frames, (uintmax_t)counts->bytes, (uintmax_t)counts->tcp,
	        (uintmax_t)counts->lost, (uintmax_t)counts->duplicated,
	        (uintmax_t)counts->reordered, (uintmax_t)counts->marked,
	        (uintmax_t)counts->overflowed, (uintmax_t)counts->sent, (uintmax_t)counts->too_long,
	        (uintmax_t)counts->send_errors, (uintmax_t)counts->missed, end);
}

static int
command_set(char **words, uint32_t count)
{
	struct hop_rules rules = {0};
	bool both;

	if (count < 2 || count % 2 != 0)
		return -1;
	for (uint32_t i = 2; i < count; i += 2) {
		if (hop_rules_set(&rules, words[i], words[i + 1]) != 0)
			return -1;
	}
	both = strcmp(words[1], "both") == 0;
	if (!both && strcmp(words[1], "ab") != 0 && strcmp(words[1], "ba") != 0)
		return -1;
	if (both || words[1][0] == 'a')
		directions[0].rules = rules;
	if (both || words[1][0] == 'b')
		directions[1].rules = rules;
	return 0;
}

static int
command_capture(char **words, uint32_t count)
{
	if (count == 2 && strcmp(words[1], "off") == 0)
		return hop_capture_close(&capture);
	if (count != 3 || (strcmp(words[1], "a") != 0 && strcmp(words[1], "b") != 0))
		return -1;
	return hop_capture_open(&capture, words[1][0] == 'b', words[2]);
}

static int
command_seed(char **words, uint32_t count)
{
	if (count != 2)
		return -1;
	for (uint32_t from = 0; from < HOP_SIDES; from++)
		hop_rules_seed(&directions[from], strtoull(words[1], NULL, 0), from);
	return 0;
}

static void
run_command(char *line)
{
	char *words[WORDS], *rest = NULL;
	uint32_t count = 0;
	int status = -1;

	for (char *word = strtok_r(line, " ", &rest); word != NULL && count < WORDS;
	        word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	if (count == 1 && strcmp(words[0], "stats") == 0) {
		printf("{\"ok\":true,");
		print_direction("ab", 0, ",");
		print_direction("ba", 1, "}\n");
		fflush(stdout);
		return;
	}
	if (count > 0 && strcmp(words[0], "set") == 0)
		status = command_set(words, count);
	else if (count > 0 && strcmp(words[0], "capture") == 0)
		status = command_capture(words, count);
	else if (count > 0 && strcmp(words[0], "seed") == 0)
		status = command_seed(words, count);
	printf("{\"ok\":%s}\n", status == 0 ? "true" : "false");
	fflush(stdout);
}

/* False: stdin has ended. */
static bool
read_commands(void)
{
	static char text[4096];
	static size_t length;
	char *end;
	ssize_t part = read(STDIN_FILENO, text + length, sizeof(text) - 1 - length);

	if (part <= 0)
		return false;
	length += (size_t)part;
	text[length] = '\0';
	while ((end = strchr(text, '\n')) != NULL) {
		*end = '\0';
		run_command(text);
		length -= (size_t)(end + 1 - text);
		memmove(text, end + 1, length + 1);
	}
	return length < sizeof(text) - 1;
}

int
main(int argc, char **argv)
{
	struct pollfd polled[HOP_SIDES + 1] = {{.fd = STDIN_FILENO, .events = POLLIN}};
	struct timespec wait;

	if (argc != HOP_SIDES + 1) {
		fprintf(stderr, "usage: hop INTERFACE-A INTERFACE-B\n");
		return 2;
	}
	for (uint32_t side = 0; side < HOP_SIDES; side++) {
		sockets[side] = open_side(argv[1 + side]);
		hop_rules_seed(&directions[side], 0, side);
		polled[1 + side].fd = sockets[side];
		polled[1 + side].events = POLLIN;
	}
	printf("{\"ok\":true}\n");
	fflush(stdout);
	for (;;) {
		int64_t ns = hop_queue_wait(&queue, now_ns());

		wait.tv_sec = ns / (int64_t)NS_PER_S;
		wait.tv_nsec = ns % (int64_t)NS_PER_S;
		if (ppoll(polled, HOP_SIDES + 1, ns < 0 ? NULL : &wait, NULL) < 0 && errno != EINTR)
			give_up("poll", "");
		for (uint32_t side = 0; side < HOP_SIDES; side++) {
			if (polled[1 + side].revents & POLLIN)
				receive(side);
		}
		if ((polled[0].revents & (POLLIN | POLLHUP)) && !read_commands())
			break;
		flush();
	}
	return hop_capture_close(&capture) == 0 ? 0 : 1;
}
