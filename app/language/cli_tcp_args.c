/* SPDX-License-Identifier: BSD-3-Clause */
/* The variables of a connection as arguments of the CLI (CTX-5). */
#include "cli_tcp_args.h"

#define U32 0, UINT32_MAX

const char *const cli_services[] = {"host", "sink", "source", "echo", NULL};

const char *const cli_congestions[] = {"cubic", "newreno", "dctcp", NULL};

const char *const cli_tcp_states[] = {"closed", "listen", "syn-sent", "syn-rcvd", "established",
        "fin-wait-1", "fin-wait-2", "close-wait", "closing", "last-ack", "time-wait", NULL};

const struct cli_arg cli_tcp_args[] = {
        {"service", ARG_SERVICE, CLI_CHOICE, CLI_REQUIRED, 0, 0, cli_services, 0,
                "who uses the connection: the host stack, or inside the target"},
        {"bytes", ARG_BYTES, CLI_AMOUNT, 0, 0, UINT64_MAX, 0, "unlimited",
                "bytes that a source sends before its FIN"},
        {"state", ARG_STATE, CLI_CHOICE, 0, 0, 0, cli_tcp_states, "established",
                "RFC 9293 state; established to last-ack can be offloaded"},
        {"rcv-nxt", ARG_RCV_NXT, CLI_NUMBER, 0, U32, 0, "1", "next sequence number expected"},
        {"rcv-wnd", ARG_RCV_WND, CLI_NUMBER, 0, 0, 1u << 30, 0, "65535",
                "bytes of receive window, unscaled"},
        {"snd-una", ARG_SND_UNA, CLI_NUMBER, 0, U32, 0, "1", "oldest unacknowledged number"},
        {"snd-nxt", ARG_SND_NXT, CLI_NUMBER, 0, U32, 0, "snd-una", "next number to send"},
        {"snd-max", ARG_SND_MAX, CLI_NUMBER, 0, U32, 0, "snd-nxt", "highest number sent, plus 1"},
        {"snd-wnd", ARG_SND_WND, CLI_NUMBER, 0, 0, 1u << 30, 0, "65535",
                "bytes of the peer's window, unscaled"},
        {"max-snd-wnd", ARG_MAX_SND_WND, CLI_NUMBER, 0, 0, 1u << 30, 0, "snd-wnd",
                "largest window the peer ever offered, bytes"},
        {"snd-wl1", ARG_SND_WL1, CLI_NUMBER, 0, U32, 0, "rcv-nxt",
                "sequence number of the last window update"},
        {"cwnd", ARG_CWND, CLI_NUMBER, 0, 1, 1u << 30, 0, "10 x mss",
                "congestion window, bytes (RFC 6928)"},
        {"ssthresh", ARG_SSTHRESH, CLI_NUMBER, 0, 1, UINT32_MAX, 0, "1G",
                "slow start threshold, bytes"},
        {"srtt", ARG_SRTT, CLI_NUMBER, 0, 0, 600000, 0, "0", "smoothed RTT, ms; 0: no sample"},
        {"rttvar", ARG_RTTVAR, CLI_NUMBER, 0, 0, 600000, 0, "0", "RTT variation, ms"},
        {"mss", ARG_MSS, CLI_NUMBER, 0, 1, 65535, 0, "1460", "the peer's MSS option, bytes"},
        {"snd-wscale", ARG_SND_WSCALE, CLI_NUMBER, 0, 0, 14, 0, "no window scale",
                "shift of the windows that the peer advertises"},
        {"rcv-wscale", ARG_RCV_WSCALE, CLI_NUMBER, 0, 0, 14, 0, "no window scale",
                "shift of the windows that we advertise"},
        {"timestamps", ARG_TIMESTAMPS, CLI_FLAG, 0, 0, 0, 0, 0, "timestamps are in use (RFC 7323)"},
        {"ts-recent", ARG_TS_RECENT, CLI_NUMBER, 0, U32, 0, "0", "timestamp to echo"},
        {"ts-recent-age", ARG_TS_RECENT_AGE, CLI_NUMBER, 0, U32, 0, "0", "its age, ms"},
        {"ts-val", ARG_TS_VAL, CLI_NUMBER, 0, U32, 0, "0", "our timestamp clock now, ms"},
        {"sack", ARG_SACK, CLI_FLAG, 0, 0, 0, 0, 0, "SACK is permitted (RFC 2018)"},
        {"ecn", ARG_ECN, CLI_FLAG, 0, 0, 0, 0, 0, "ECN was agreed on (RFC 3168)"},
        {"cc", ARG_CC, CLI_CHOICE, 0, 0, 0, cli_congestions, "cubic",
                "congestion control (RFC 9438, 5681, 8257); dctcp needs ecn"},
        {"pacing", ARG_PACING, CLI_FLAG, 0, 0, 0, 0, 0, "spread what is sent over the round trip"},
        {0},
};

const struct cli_arg cli_tcp_cached_args[] = {
        {"nagle", ARG_NAGLE, CLI_FLAG, CLI_SWITCHES_ON, 0, 0, 0, "off", "Nagle's algorithm"},
        {"keepalive", ARG_KEEPALIVE, CLI_FLAG, CLI_SWITCHES_ON, 0, 0, 0, "off", "keepalive probes"},
        {"ka-probes", ARG_KA_PROBES, CLI_NUMBER, 0, U32, 0, "0", "probes before giving up"},
        {"ka-timeout", ARG_KA_TIMEOUT, CLI_NUMBER, 0, U32, 0, "7200000",
                "ms of idle time before the first probe"},
        {"ka-interval", ARG_KA_INTERVAL, CLI_NUMBER, 0, U32, 0, "75000", "ms between probes"},
        {"max-rt", ARG_MAX_RT, CLI_AMOUNT, 0, 0, UINT32_MAX, 0, "0",
                "ms of retransmission before giving up; 0: --max-retransmit counts; unlimited"},
        {"initial-rcv-wnd", ARG_INITIAL_RCV_WND, CLI_NUMBER, 0, 0, 1u << 30, 0, "rcv-wnd",
                "bytes of receive window to offer"},
        {"rcv-indication", ARG_RCV_INDICATION, CLI_NUMBER, 0, U32, 0, "0",
                "bytes indicated at once"},
        {"flow-label", ARG_FLOW_LABEL, CLI_NUMBER, 0, 0, 0xFFFFF, 0, "0", "IPv6 flow label"},
        {"ttl", ARG_TTL, CLI_NUMBER, 0, 0, 255, 0, "64", "TTL or hop limit"},
        {"tos", ARG_TOS, CLI_NUMBER, 0, 0, 255, 0, "0", "TOS or traffic class"},
        {"priority", ARG_PRIORITY, CLI_NUMBER, 0, 0, 7, 0, "0", "user priority (802.1Q)"},
        {0},
};
