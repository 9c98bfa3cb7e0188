/*
 * What the ledger costs, alone: rows put, leased and settled per second, time to open, memory.
 *
 *     cc ... -o ledger-bench tests/bench/ledger.c ledger.a model.a base.a -lsqlite3 ...
 *     ledger-bench DIRECTORY ROWS [DELIVERIES]       the directory is filled and left
 *
 * Prints one line per measurement. Recipients have random ids, the worst case for their index; with
 * SEQ in the environment they are numbered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "ledger/ledger.h"

#define GROUP  500 /* lines put per commit */
#define PACKET 100
#define COMMIT 8   /* outcomes per commit */
#define SYNC   256 /* outcomes per sync */
#define NOON   INT64_C(1790000000000)

static void must(int rc, const struct error *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "%d: %s\n", rc, err->text);
    exit(1);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

struct watch {
    int64_t mono_ms;
    double cpu;
};

static struct watch look(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (struct watch){clock_mono_ms(),
                          seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime)};
}

/* CPU beside time: on a busy machine only that one can be compared. */
static void tell(const char *what, int64_t count, struct watch since)
{
    struct rusage usage;
    struct watch now = look();
    double seconds = (double)(now.mono_ms - since.mono_ms) / 1000.0;
    getrusage(RUSAGE_SELF, &usage);
    printf("%-28s %9lld in %7.2f s = %9.0f /s  cpu %6.2f us each  peak %ld MB\n", what,
           (long long)count, seconds, seconds > 0 ? (double)count / seconds : 0.0,
           (now.cpu - since.cpu) * 1e6 / (double)count, usage.ru_maxrss / 1024);
    fflush(stdout);
}

static int64_t begin(struct ledger *l, int64_t rows)
{
    static const char *const text = "{\"id\":\"recall\"}";
    unsigned char digest[DIGEST_SIZE] = {0};
    struct batch_acceptance a = {.id = "recall",
                                 .digest = digest,
                                 .text = text,
                                 .len = strlen(text),
                                 .total = rows,
                                 .campaign = "recall",
                                 .priority = JOB_NORMAL,
                                 .now_ms = NOON};
    enum accept_result result;
    int64_t batch = 0;
    struct error err;
    must(ledger_begin_batch(l, &a, &result, &batch, &err), &err);
    if (result != ACCEPT_NEW)
        exit(1);
    return batch;
}

static void put(struct ledger *l, int64_t batch, int64_t number)
{
    char recipient[32];
    char address[64];
    bool known;
    struct error err;
    snprintf(recipient, sizeof(recipient), "c%010llx",
             (unsigned long long)(getenv("SEQ") ? (uint64_t)number : mix((uint64_t)number)) & 0xffffffffffu);
    snprintf(address, sizeof(address), "person%lld@example.com", (long long)number);
    struct planned_delivery plan = {.channel = CHANNEL_EMAIL,
                                    .transport = "relay",
                                    .address = address,
                                    .cause = "",
                                    .due_ms = NOON};
    struct planned_line line = {.line = number,
                                .offset = number * 600,
                                .length = 599,
                                .recipient = recipient,
                                .template_name = "apology",
                                .locale = number % 3 != 0 ? "de" : "ko",
                                .zone = number % 3 != 0 ? "Europe/Berlin" : "Asia/Seoul",
                                .deliveries = &plan,
                                .count = 1};
    must(ledger_put_line(l, batch, &line, NOON, &known, &err), &err);
}

static void fill(struct ledger *l, int64_t rows)
{
    struct error err;
    int64_t batch = begin(l, rows);
    struct watch start = look();
    for (int64_t i = 1; i <= rows;) {
        must(ledger_begin(l, LEDGER_FAST, &err), &err);
        for (int n = 0; n < GROUP && i <= rows; n++, i++)
            put(l, batch, i);
        must(ledger_advance_batch(l, batch, i, i * 600, i > rows, &err), &err);
        must(ledger_commit(l, &err), &err);
    }
    tell("put_line, groups of 500", rows, start);
}

static void settle(struct ledger *l, const struct leased *row)
{
    struct disposition d;
    struct error err;
    bool settled = false;
    disposition_set(&d, OUTCOME_DELIVERED, 250, "accepted", "250 2.0.0 Ok: queued as 4XqZ7t2kQz1",
                    35);
    snprintf(d.enhanced, sizeof(d.enhanced), "2.0.0");
    struct settlement s = {.delivery = row->delivery,
                           .state = DELIVERY_DELIVERED,
                           .counts = true,
                           .jitter = 1.0,
                           .now_ms = NOON + 5000,
                           .duration_ms = 3,
                           .disposition = &d,
                           .cause = "",
                           .sha256 =
                               "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                           .locale = "de",
                           .transport = "relay"};
    must(ledger_settle(l, &s, &settled, &err), &err);
    if (!settled)
        exit(1);
}

static size_t lease(struct ledger *l, struct leased out[PACKET])
{
    size_t lanes = 0;
    size_t count = 0;
    struct error err;
    const struct lane *lane = ledger_lanes(l, &lanes);
    if (lanes > 0)
        must(ledger_lease(l, lane->lane, PACKET, NOON, LEDGER_FAST, out, &count, &err), &err);
    return count;
}

static void settle_packet(struct ledger *l, struct leased *rows, size_t count, int64_t *unsynced)
{
    struct error err;
    for (size_t i = 0; i < count; i++) {
        if (i % COMMIT == 0)
            must(ledger_begin(l, LEDGER_FAST, &err), &err);
        settle(l, &rows[i]);
        leased_clear(&rows[i]);
        if (i % COMMIT == COMMIT - 1 || i == count - 1)
            must(ledger_commit(l, &err), &err);
    }
    *unsynced += (int64_t)count;
    if (*unsynced >= SYNC) {
        must(ledger_sync(l, &err), &err);
        *unsynced = 0;
    }
}

/* Eight packets are out at any time, as with eight workers. */
static void drain(struct ledger *l, int64_t deliveries)
{
    static struct leased out[8][PACKET];
    size_t counts[8] = {0};
    int64_t done = 0;
    int64_t unsynced = 0;
    struct watch start = look();
    for (int turn = 0; done < deliveries; turn = (turn + 1) % 8) {
        settle_packet(l, out[turn], counts[turn], &unsynced);
        done += (int64_t)counts[turn];
        counts[turn] = lease(l, out[turn]);
        if (counts[turn] == 0 && done > 0)
            break;
    }
    tell("lease 100, settle, commit 8", done, start);
    for (size_t i = 0; i < 8; i++)
        settle_packet(l, out[i], counts[i], &unsynced);
}

static bool never(void *context, const char *transport)
{
    (void)context;
    (void)transport;
    return false;
}

static struct ledger *reopen(struct ledger *l, const char *directory, int packets)
{
    static struct leased out[PACKET];
    struct error err;
    for (int i = 0; i < packets; i++) {
        size_t count = lease(l, out);
        for (size_t k = 0; k < count; k++)
            leased_clear(&out[k]);
    }
    ledger_close(l);
    size_t deferred = 0;
    size_t uncertain = 0;
    struct watch start = look();
    must(ledger_open(directory, LEDGER_WRITE, &l, &err), &err);
    tell("open", 1, start);
    start = look();
    must(ledger_recover(l, never, NULL, NOON, &deferred, &uncertain, &err), &err);
    tell("recover", (int64_t)(deferred + uncertain), start);
    return l;
}

int main(int argc, char **argv)
{
    struct ledger *l = NULL;
    struct error err;
    struct books books;
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES];
    if (argc < 3)
        return 64;
    int64_t rows = strtoll(argv[2], NULL, 10);
    int64_t deliveries = argc > 3 ? strtoll(argv[3], NULL, 10) : rows;
    must(ledger_open(argv[1], LEDGER_WRITE, &l, &err), &err);
    fill(l, rows);
    drain(l, deliveries / 2);
    l = reopen(l, argv[1], 20);
    drain(l, deliveries - deliveries / 2);
    struct watch start = look();
    must(ledger_count(l, counts, &err), &err);
    tell("count", 1, start);
    start = look();
    must(ledger_reconcile(l, NULL, &books, &err), &err);
    tell("reconcile", rows, start);
    ledger_close(l);
    return 0;
}
