/* Publishes locations with QoS 1 over many MQTT 3.1.1 connections, at a fixed rate (open loop) or as fast as a window of
 * what is not committed yet allows (closed loop). Compiled and started by durable_ingest.py; not Python, so that what is
 * measured is not the generator.
 *
 * generator HOST PORT CONNECTIONS RATE SECONDS WINDOW PERSONS ROUNDS_FILE FIRST_ROUND BEGIN CLOCK_START CLOCK_RATE
 *
 * Message n is that of person n % PERSONS in round FIRST_ROUND + n / PERSONS. In an open loop it is due at an instant and
 * says that one, whenever it really leaves, so that a generator that lags makes things worse, not better. Within RAMP_S
 * from BEGIN on the load grows to RATE: nobody's city begins to speak at once.
 * ROUNDS_FILE holds a `struct fix` of each person, round after round. RATE 0 is a closed loop: lines on standard input
 * say how many messages are committed, and no more than WINDOW are ahead of that. Every second a line on standard
 * output: seconds since BEGIN, published, acknowledged by the broker, milliseconds behind.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RAMP_S 10.0

struct fix { double latitude, longitude; float speed_mps; int32_t steps; };

enum { OUT_BYTES = 1 << 22, LONGEST_MESSAGE = 512, TICK_NS = 1000000 };

struct connection { int fd; uint16_t packet_id; size_t begin, end; char *out; };

static struct connection *connections;
static int connection_count;
static uint64_t acknowledged_bytes;

static double now_s(void) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    return at.tv_sec + at.tv_nsec * 1e-9;
}

static void die(const char *what) { perror(what); exit(1); }

/* Decimal digits with a point before the last `places` of them. */
static char *decimal(char *to, double value, int places) {
    static const double scales[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7};
    uint64_t digits = (uint64_t)llround(fabs(value) * scales[places]);
    char reversed[32];
    int length = 0;
    while (digits || length <= places + 1) {
        reversed[length++] = '0' + digits % 10;
        digits /= 10;
        if (length == places) reversed[length++] = '.';
    }
    if (value < 0) *to++ = '-';
    while (length) *to++ = reversed[--length];
    return to;
}

static char *text(char *to, const char *from) { size_t n = strlen(from); memcpy(to, from, n); return to + n; }

static size_t message(char *to, uint16_t packet_id, uint64_t person, uint64_t seq, const struct fix *fix, double at_s,
                      double published_s) {
    char body[LONGEST_MESSAGE], *end = body + 2;
    end += sprintf(end, "tongxing/v1/zb-%llu/location", (unsigned long long)person);
    size_t topic = end - body - 2;
    body[0] = topic >> 8, body[1] = topic & 255;
    *end++ = packet_id >> 8, *end++ = packet_id & 255;
    end = decimal(text(end, "{\"at\":"), at_s, 6);
    end = decimal(text(end, ",\"published_at\":"), published_s, 6);
    end += sprintf(end, ",\"seq\":%llu,\"latitude\":", (unsigned long long)seq);
    end = decimal(end, fix->latitude, 7);
    end = decimal(text(end, ",\"longitude\":"), fix->longitude, 7);
    end = decimal(text(end, ",\"accuracy_m\":12,\"speed_mps\":"), fix->speed_mps, 1);
    end += sprintf(end, ",\"battery_pct\":%d,\"charging\":false,\"worn\":true,\"steps\":%d}", 70 + (int)(person % 10),
                   fix->steps);
    size_t size = end - body, length = size;
    char *begin = to;
    *to++ = 0x32;
    do { *to++ = (length & 127) | (length > 127 ? 128 : 0); length >>= 7; } while (length);
    memcpy(to, body, size);
    return to - begin + size;
}

static void open_one(struct connection *c, int number, const struct addrinfo *where) {
    char hello[64], name[32], answer[4];
    int n = snprintf(name, sizeof name, "generator-%d-%d", number, (int)getpid());
    c->fd = socket(where->ai_family, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, where->ai_addr, where->ai_addrlen)) die("connect");
    memcpy(hello, "\x10\0\0\4MQTT\4\2\0\0\0", 13);
    hello[1] = 12 + n, hello[13] = n;
    memcpy(hello + 14, name, n);
    if (write(c->fd, hello, 14 + n) != 14 + n || read(c->fd, answer, 4) != 4 || answer[3]) die("CONNECT");
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    c->out = malloc(OUT_BYTES);
}

static void flush(struct connection *c) {
    while (c->begin < c->end) {
        ssize_t n = write(c->fd, c->out + c->begin, c->end - c->begin);
        if (n < 0 && errno == EAGAIN) return;
        if (n < 0) die("write");
        c->begin += n;
    }
    c->begin = c->end = 0;
}

/* Only acknowledgements of four bytes come back on a connection that subscribes to nothing. */
static void count_acknowledged(struct connection *c) {
    char in[65536];
    ssize_t n;
    while ((n = read(c->fd, in, sizeof in)) > 0) acknowledged_bytes += n;
    if (n == 0 || errno != EAGAIN) die("the broker hung up");
}

static uint64_t committed(void) {
    static char line[4096];
    static size_t filled;
    static uint64_t last;
    ssize_t n = read(0, line + filled, sizeof line - 1 - filled);
    if (n <= 0) return last;
    filled += n, line[filled] = 0;
    char *newline = strrchr(line, '\n');
    if (!newline) return last;
    *newline = 0;
    char *begin = strrchr(line, '\n');
    last = strtoull(begin ? begin + 1 : line, NULL, 10);
    filled = strlen(newline + 1);
    memmove(line, newline + 1, filled);
    return last;
}

/* Messages that are due after so many seconds, and the seconds after which one is. */
static uint64_t due_after(double s, double rate) {
    return (uint64_t)(s < RAMP_S ? rate * s * s / (2 * RAMP_S) : rate * (s - RAMP_S / 2));
}

static double due_s(uint64_t n, double rate) {
    double ramped = rate * RAMP_S / 2;
    return n < ramped ? sqrt(2 * RAMP_S * n / rate) : n / rate + RAMP_S / 2;
}

int main(int argc, char **argv) {
    if (argc != 13) { fprintf(stderr, "see the head of generator.c\n"); return 2; }
    double rate = atof(argv[4]), seconds = atof(argv[5]), begin_s = atof(argv[10]), start_s = atof(argv[11]),
           clock_rate = atof(argv[12]);
    uint64_t window = atoll(argv[6]), persons = atoll(argv[7]), first_round = atoll(argv[9]), sent = 0;
    connection_count = atoi(argv[3]);
    struct addrinfo *where, wanted = {.ai_socktype = SOCK_STREAM};
    if (getaddrinfo(argv[1], argv[2], &wanted, &where)) die("address");
    connections = calloc(connection_count, sizeof *connections);
    struct pollfd *polled = calloc(connection_count, sizeof *polled);
    for (int i = 0; i < connection_count; i++) {
        open_one(&connections[i], i, where);
        polled[i] = (struct pollfd){.fd = connections[i].fd, .events = POLLIN};
    }
    int file = open(argv[8], O_RDONLY);
    struct stat about;
    if (file < 0 || fstat(file, &about)) die(argv[8]);
    const struct fix *fixes = mmap(NULL, about.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
    uint64_t rounds = about.st_size / sizeof *fixes / persons;
    fcntl(0, F_SETFL, O_NONBLOCK);
    double told_s = 1, behind_s = 0, now;
    while ((now = now_s()) < begin_s) usleep(1000);
    while ((now = now_s()) < begin_s + seconds) {
        uint64_t due = rate ? due_after(now - begin_s, rate) : committed() + window;
        if (!rate && due > sent + 2000) due = sent + 2000;
        if (rate && sent < due) behind_s = fmax(behind_s, now - begin_s - due_s(sent, rate));
        for (; sent < due; sent++) {
            uint64_t person = sent % persons, round = first_round + sent / persons;
            struct connection *c = &connections[person % connection_count];
            if (OUT_BYTES - c->end < LONGEST_MESSAGE) break;
            if (!++c->packet_id) c->packet_id = 1;
            double at = rate ? begin_s + due_s(sent, rate) : now;
            c->end += message(c->out + c->end, c->packet_id, person + 1, round + 1, &fixes[round % rounds * persons + person],
                              start_s + (at - begin_s) * clock_rate, at);
        }
        for (int i = 0; i < connection_count; i++) {
            if (connections[i].end) flush(&connections[i]);
        }
        if (poll(polled, connection_count, 0) > 0) {
            for (int i = 0; i < connection_count; i++) if (polled[i].revents) count_acknowledged(&connections[i]);
        }
        if (now - begin_s >= told_s) {
            printf("%.3f %llu %llu %.1f\n", now - begin_s, (unsigned long long)sent,
                   (unsigned long long)acknowledged_bytes / 4, behind_s * 1e3);
            fflush(stdout);
            told_s += 1, behind_s = 0;
        }
        struct timespec tick = {.tv_nsec = TICK_NS};
        nanosleep(&tick, NULL);
    }
    /* What is published is published: wait for the broker to say so. */
    for (double until = now_s() + 30; acknowledged_bytes / 4 < sent && now_s() < until; usleep(2000)) {
        for (int i = 0; i < connection_count; i++) { flush(&connections[i]); count_acknowledged(&connections[i]); }
    }
    printf("end %llu %llu\n", (unsigned long long)sent, (unsigned long long)acknowledged_bytes / 4);
    return 0;
}
