/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes a capture (pcap-savefile(5), nanoseconds) of what one side of the hop sees. */
#include "hop.h"

#include <errno.h>
#include <time.h>

#define PCAP_MAGIC_NS 0xA1B23C4Du
#define PCAP_ETHERNET 1u
#define PCAP_BUFFER (1u << 20)
#define NS_PER_S 1000000000u

struct pcap_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, longest, link;
};

struct pcap_record {
	uint32_t seconds, nanoseconds, captured, length;
};

int
hop_capture_open(struct hop_capture *capture, uint32_t side, const char *path)
{
	struct pcap_header header = {
	        .magic = PCAP_MAGIC_NS,
	        .major = 2,
	        .minor = 4,
	        .longest = HOP_FRAME_MAX,
	        .link = PCAP_ETHERNET,
	};

	if (hop_capture_close(capture) != 0)
		return -1;
	capture->file = fopen(path, "wb");
	if (capture->file == NULL)
		return -1;
	setvbuf(capture->file, NULL, _IOFBF, PCAP_BUFFER);
	capture->side = side;
	return fwrite(&header, sizeof(header), 1, capture->file) == 1 ? 0 : -1;
}

int
hop_capture_close(struct hop_capture *capture)
{
	FILE *file = capture->file;
	bool broken;

	if (file == NULL)
		return 0;
	capture->file = NULL;
	broken = ferror(file) != 0;
	if (fclose(file) != 0)
		return -1;
	errno = broken ? EIO : 0;
	return broken ? -1 : 0;
}

void
hop_capture_frame(struct hop_capture *capture, uint32_t side, const uint8_t *data, uint32_t length)
{
	struct pcap_record record = {.captured = length, .length = length};
	struct timespec now;

	if (capture->file == NULL || capture->side != side)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	record.seconds = (uint32_t)now.tv_sec;
	record.nanoseconds = (uint32_t)(now.tv_nsec % NS_PER_S);
	/* Errors stay with the file and are reported when it is closed. */
	fwrite(&record, sizeof(record), 1, capture->file);
	fwrite(data, length, 1, capture->file);
}
