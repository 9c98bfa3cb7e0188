/*
 *   batch, line ── packed, 45 or 55 bits ── mixed ── 9 or 11 characters of 5 bits, and the check
 */
#include "model/reference.h"

#include <ctype.h>
#include <string.h>

#include "base/attributes.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#define DATA_MAX   11
#define MULTIPLE_1 UINT64_C(0x9e3779b97f4a7c15)
#define MULTIPLE_2 UINT64_C(0xbf58476d1ce4e5b9)

/* Two lengths: the short one as long as it lasts. */
struct shape {
    size_t data; /* characters, without the check */
    int line_bits, batch_bits;
    size_t group; /* a hyphen behind so many */
};
static const struct shape shapes[] = {{9, 24, 21, 5}, {DATA_MAX, 28, 27, 4}};

/* ---- the field of 32 ---- */

/* Times 2 modulo x^5 + x^2 + 1, of which 2 is a primitive element: its first 31 powers differ. */
static unsigned twice(unsigned value)
{
    return value < 16 ? value << 1 : (value << 1) ^ 0x25;
}

/* Zero if the characters go together; `values` from the first to the check. */
static unsigned weigh(const unsigned char *values, size_t count)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        sum = twice(sum) ^ values[i];
    return sum;
}

/* ---- mixing ---- */

static uint64_t mask_of(int bits)
{
    return (UINT64_C(1) << bits) - 1;
}

/* Its own inverse: the halves that are mixed do not overlap. */
static uint64_t fold(uint64_t value, int bits)
{
    return value ^ value >> (bits + 1) / 2;
}

static uint64_t mix(uint64_t value, int bits)
{
    value = fold(value, bits) * MULTIPLE_1 & mask_of(bits);
    value = fold(value, bits) * MULTIPLE_2 & mask_of(bits);
    return fold(value, bits);
}

/* Of an odd number modulo 2^64, by Newton: each round doubles the bits that are right, from 3. */
static uint64_t inverse(uint64_t odd)
{
    uint64_t found = odd;
    for (int round = 0; round < 5; round++)
        found *= 2 - odd * found;
    return found;
}

static uint64_t unmix(uint64_t value, int bits)
{
    value = fold(value, bits) * inverse(MULTIPLE_2) & mask_of(bits);
    value = fold(value, bits) * inverse(MULTIPLE_1) & mask_of(bits);
    return fold(value, bits);
}

/* ---- writing ---- */

static void put_text(const struct shape *s, const unsigned char *values, char *out)
{
    for (size_t i = 0; i <= s->data; i++) {
        if (i > 0 && i % s->group == 0)
            *out++ = '-';
        *out++ = alphabet[values[i]];
    }
    *out = '\0';
}

static void put_number(const struct shape *s, int64_t batch, int64_t line, char *out)
{
    unsigned char values[DATA_MAX + 1];
    int bits = s->batch_bits + s->line_bits;
    uint64_t mixed = mix((uint64_t)batch << s->line_bits | (uint64_t)line, bits);
    for (size_t i = s->data; i > 0; i--) {
        values[i - 1] = mixed & 31;
        mixed >>= 5;
    }
    values[s->data] = (unsigned char)twice(weigh(values, s->data));
    put_text(s, values, out);
}

bool reference_make(int64_t batch, int64_t line, char out[REFERENCE_SIZE])
{
    out[0] = '\0';
    if (batch < 0 || line < 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        if (batch >> shapes[i].batch_bits != 0 || line >> shapes[i].line_bits != 0)
            continue;
        put_number(&shapes[i], batch, line, out);
        return true;
    }
    return false;
}

/* ---- reading ---- */

static const struct shape *shape_of(size_t count)
{
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        if (count == shapes[i].data + 1)
            return &shapes[i];
    }
    return NULL;
}

/* 32: it stands in no number. */
static unsigned char value_of(char letter)
{
    char upper = (char)toupper((unsigned char)letter);
    if (upper == 'O')
        upper = '0';
    if (upper == 'I' || upper == 'L')
        upper = '1';
    const char *found = upper != '\0' ? strchr(alphabet, upper) : NULL;
    return (unsigned char)(found != NULL ? found - alphabet : 32);
}

/* How many bytes of `text` only separate: a blank, a dot, or a dash, be it one that a word
 * processor made of a hyphen (U+2010 to U+2015, U+2212). */
static size_t separator(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    if (at[0] == ' ' || at[0] == '-' || at[0] == '.' || at[0] == '\t')
        return 1;
    if (at[0] == 0xe2 && at[1] == 0x80 && at[2] >= 0x90 && at[2] <= 0x95)
        return 3;
    return at[0] == 0xe2 && at[1] == 0x88 && at[2] == 0x92 ? 3 : 0;
}

static void take_number(const struct shape *s, const unsigned char *values, int64_t *out_batch,
                        int64_t *out_line)
{
    uint64_t mixed = 0;
    for (size_t i = 0; i < s->data; i++)
        mixed = mixed << 5 | values[i];
    uint64_t packed = unmix(mixed, s->batch_bits + s->line_bits);
    *out_batch = (int64_t)(packed >> s->line_bits);
    *out_line = (int64_t)(packed & mask_of(s->line_bits));
}

/* The characters without what separates them, at most DATA_MAX + 2. */
static size_t gather(const char *text, char *out)
{
    size_t count = 0;
    while (*text != '\0' && count < DATA_MAX + 2) {
        size_t skipped = separator(text);
        if (skipped == 0)
            out[count++] = *text++;
        text += skipped;
    }
    return count;
}

void reference_read(const char *text, struct reference *out)
{
    char letters[DATA_MAX + 2] = "";
    unsigned char values[DATA_MAX + 1];
    *out = (struct reference){.fault = REFERENCE_LENGTH, .count = gather(text, letters)};
    const struct shape *s = shape_of(out->count);
    if (s == NULL)
        return;
    for (size_t i = 0; i < out->count; i++) {
        values[i] = value_of(letters[i]);
        if (values[i] == 32 && out->at == 0)
            out->at = i + 1;
    }
    if (out->at > 0) {
        out->fault = REFERENCE_CHARACTER;
        memcpy(out->text, letters, out->count);
        return;
    }
    put_text(s, values, out->text);
    out->fault = weigh(values, out->count) == 0 ? REFERENCE_GOOD : REFERENCE_CHECK;
    if (out->fault == REFERENCE_GOOD)
        take_number(s, values, &out->batch, &out->line);
}

/* ---- what may have been meant ---- */

struct guessing {
    const struct shape *shape;
    unsigned char values[DATA_MAX + 1];
    struct reference_guess *out;
    size_t count;
};

static void add_guess(struct guessing *g, size_t at, bool swapped, char typed)
{
    struct reference_guess *guess = &g->out[g->count++];
    *guess = (struct reference_guess){
        .at = at + 1, .swapped = swapped, .typed = typed, .right = alphabet[g->values[at]]};
    put_text(g->shape, g->values, guess->text);
    take_number(g->shape, g->values, &guess->batch, &guess->line);
}

/* One value at each place makes the sum zero. */
static void try_place(struct guessing *g, size_t at, char typed)
{
    unsigned char was = g->values[at];
    for (unsigned char value = 0; value < 32; value++) {
        g->values[at] = value;
        if (value != was && weigh(g->values, g->shape->data + 1) == 0)
            add_guess(g, at, false, typed);
    }
    g->values[at] = was;
}

static void swap(unsigned char *values, size_t at)
{
    unsigned char first = values[at];
    values[at] = values[at + 1];
    values[at + 1] = first;
}

static void try_swap(struct guessing *g, size_t at)
{
    char typed = alphabet[g->values[at]];
    swap(g->values, at);
    if (weigh(g->values, g->shape->data + 1) == 0)
        add_guess(g, at, true, typed);
    swap(g->values, at);
}

static bool begin_guessing(const struct reference *typed, struct guessing *g)
{
    char letters[DATA_MAX + 2];
    size_t count = gather(typed->text, letters);
    g->shape = shape_of(count);
    for (size_t i = 0; g->shape != NULL && i < count; i++) {
        g->values[i] = value_of(letters[i]);
        if (g->values[i] == 32 && i + 1 != typed->at)
            return false; /* more than one mistake */
    }
    return g->shape != NULL;
}

size_t reference_guess(const struct reference *typed, struct reference_guess *out)
{
    struct guessing g = {.out = out};
    if (!begin_guessing(typed, &g))
        return 0;
    if (typed->fault == REFERENCE_CHARACTER)
        try_place(&g, typed->at - 1, typed->text[typed->at - 1]);
    for (size_t at = 0; typed->fault == REFERENCE_CHECK && at <= g.shape->data; at++)
        try_place(&g, at, alphabet[g.values[at]]);
    for (size_t at = 0; typed->fault == REFERENCE_CHECK && at < g.shape->data; at++)
        try_swap(&g, at);
    return g.count;
}
