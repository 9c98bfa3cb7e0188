#include "policy/breaker.h"

#define RAMP_MAX      64 /* a destination without a limit of its own is whole again behind this */
#define DOUBLINGS_MAX 20 /* the cap is certain long before */
/* Who had to wait for nothing so long is no herd. */
#define CALM_MS (INT64_C(60) * 1000)

const struct breaker_rule breaker_transport = {
    .threshold = 1, .rest_ms = 5000, .rest_max_ms = 5 * 60000, .jitter = 0.2};
const struct breaker_rule breaker_destination = {
    .threshold = 5, .rest_ms = 30000, .rest_max_ms = 15 * 60000, .jitter = 0.2};

/* U(1, 1 + jitter): the upper 53 bits are all a double can hold. */
static double jitter_factor(double jitter, uint64_t draw)
{
    return 1.0 + jitter * (double)(draw >> 11) / 9007199254740992.0;
}

static int64_t rest_ms(const struct breaker_rule *rule, int openings)
{
    int doublings = openings - 1 < DOUBLINGS_MAX ? openings - 1 : DOUBLINGS_MAX;
    int64_t rest = rule->rest_ms << doublings;
    return rest < rule->rest_max_ms ? rest : rule->rest_max_ms;
}

static void open_breaker(struct breaker *b, const struct breaker_rule *rule, int64_t now_ms,
                         int64_t least_ms, uint64_t draw)
{
    if (b->openings < DOUBLINGS_MAX + 1)
        b->openings++;
    int64_t rest = rest_ms(rule, b->openings);
    double jittered =
        (double)(rest > least_ms ? rest : least_ms) * jitter_factor(rule->jitter, draw);
    *b = (struct breaker){
        .state = BREAKER_OPEN, .openings = b->openings, .until_ms = now_ms + (int64_t)jittered};
}

/* They asked for it themselves: as long as they said, and no step towards longer rests. */
static void pause_breaker(struct breaker *b, const struct breaker_rule *rule, int64_t now_ms,
                          int64_t wait_ms, uint64_t draw)
{
    double jittered = (double)wait_ms * jitter_factor(rule->jitter, draw);
    *b = (struct breaker){.state = BREAKER_OPEN, .until_ms = now_ms + (int64_t)jittered};
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Closed with what is known of its faults: they count on. */
static void end_ramp(struct breaker *b)
{
    *b = (struct breaker){.state = BREAKER_CLOSED, .faults = b->faults};
}

int breaker_room(struct breaker *b, int64_t now_ms, int under_way, int most)
{
    int width = 0;
    if (b->state == BREAKER_OPEN && now_ms >= b->until_ms)
        breaker_probe(b);
    if (b->state == BREAKER_RAMPING && now_ms - b->crowded_ms >= CALM_MS)
        end_ramp(b);
    switch (b->state) {
    case BREAKER_CLOSED:
        width = most;
        break;
    case BREAKER_OPEN:
        break;
    case BREAKER_PROBING:
    case BREAKER_RAMPING:
        width = least(b->width, most);
        if (width <= under_way)
            b->crowded_ms = now_ms;
        break;
    }
    return width > under_way ? width - under_way : 0;
}

bool breaker_fault(struct breaker *b, const struct breaker_rule *rule, int64_t now_ms,
                   int64_t least_ms, uint64_t draw)
{
    switch (b->state) {
    case BREAKER_CLOSED:
    case BREAKER_RAMPING:
        if (++b->faults >= rule->threshold)
            break;
        if (least_ms > 0)
            pause_breaker(b, rule, now_ms, least_ms, draw);
        return least_ms > 0;
    case BREAKER_OPEN:
        /* What was under way tells the same story; only a longer wait they ask for is news. */
        if (b->until_ms < now_ms + least_ms)
            b->until_ms = now_ms + least_ms;
        return false;
    case BREAKER_PROBING:
        break;
    }
    open_breaker(b, rule, now_ms, least_ms, draw);
    return true;
}

bool breaker_success(struct breaker *b, int64_t now_ms, int most)
{
    if (b->state == BREAKER_OPEN)
        return false; /* begun before it opened: says nothing about now */
    b->faults = 0;
    b->openings = 0;
    if (b->state == BREAKER_CLOSED)
        return false;
    if (b->state == BREAKER_PROBING)
        b->crowded_ms = now_ms;
    b->state = BREAKER_RAMPING;
    if (++b->successes < b->width)
        return false;
    b->successes = 0;
    b->width *= 2;
    if (b->width < least(most, RAMP_MAX))
        return false;
    end_ramp(b);
    return true;
}

void breaker_probe(struct breaker *b)
{
    if (b->state != BREAKER_PROBING)
        *b = (struct breaker){.state = BREAKER_PROBING, .openings = b->openings, .width = 1};
}

void breaker_end_rest(struct breaker *b, int64_t now_ms)
{
    if (b->state == BREAKER_OPEN && b->until_ms > now_ms)
        b->until_ms = now_ms;
}

bool breaker_is_shut(const struct breaker *b)
{
    return b->state == BREAKER_OPEN || b->state == BREAKER_PROBING;
}

int64_t breaker_next_ms(const struct breaker *b, int64_t now_ms)
{
    return b->state == BREAKER_OPEN && b->until_ms > now_ms ? b->until_ms : now_ms;
}

const char *breaker_state_name(enum breaker_state state)
{
    static const char *const names[] = {[BREAKER_CLOSED] = "closed",
                                        [BREAKER_OPEN] = "open",
                                        [BREAKER_PROBING] = "probing",
                                        [BREAKER_RAMPING] = "ramping"};
    return names[state];
}
