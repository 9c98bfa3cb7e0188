#include "render/josa.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "base/unicode.h"

/* What the last sound of the value is; it decides between the two forms of a pair. */
enum sound { SOUND_VOWEL, SOUND_CONSONANT, SOUND_RIEUL, SOUND_UNKNOWN };

struct pair {
    const char *consonant;
    const char *vowel;
    const char *both;
    bool rieul_is_vowel;
};

static const struct pair pairs[] = {
    {"은", "는", "은(는)", false},
    {"이", "가", "이(가)", false},
    {"을", "를", "을(를)", false},
    {"과", "와", "과(와)", false},
    {"이며", "며", "(이)며", false},
    {"이고", "고", "(이)고", false},
    {"이라고", "라고", "(이)라고", false},
    {"이라는", "라는", "(이)라는", false},
    {"이나", "나", "(이)나", false},
    {"이란", "란", "(이)란", false},
    {"이랑", "랑", "(이)랑", false},
    {"아", "야", "아(야)", false},
    {"이에요", "예요", "이에요(예요)", false},
    {"으로", "로", "(으)로", true},
    {"으로서", "로서", "(으)로서", true},
    {"으로써", "로써", "(으)로써", true},
    {"으로부터", "로부터", "(으)로부터", true},
};

/* ---- the pair ---- */

static bool is_written(const char *pair, const char *first, const char *second)
{
    size_t length = strlen(first);
    return strncmp(pair, first, length) == 0 && pair[length] == '/' &&
           strcmp(pair + length + 1, second) == 0;
}

static const struct pair *find_composed_pair(const char *text)
{
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (is_written(text, pairs[i].consonant, pairs[i].vowel) ||
            is_written(text, pairs[i].vowel, pairs[i].consonant))
            return &pairs[i];
    }
    return NULL;
}

/* Templates written on a Mac spell the pair decomposed, too. */
static const struct pair *find_pair(const char *text)
{
    struct buf composed = {0};
    unicode_put_nfc(&composed, text, strlen(text));
    const struct pair *found = find_composed_pair(buf_text(&composed));
    buf_free(&composed);
    return found;
}

bool josa_pair_known(const char *pair)
{
    return find_pair(pair) != NULL;
}

/* ---- written by hand ---- */

static bool begins_with_hangul(const char *text, const char *end)
{
    if (text >= end)
        return false;
    uint32_t c = utf8_next(&text, end);
    return c >= 0xac00 && c <= 0xd7a3;
}

static bool begins_with_word(const char *text, size_t len, const char *word)
{
    size_t n = strlen(word);
    return len >= n && memcmp(text, word, n) == 0 && !begins_with_hangul(text + n, text + len);
}

static void put_both(struct buf *out, const char *const *way, const char *first, const char *second)
{
    buf_printf(out, "%s%s%s%s%s", way[0], first, way[1], second, way[2]);
}

/* One form alone, or both in one of the ways people write them where they do not know which. */
static bool begins_with_pair(const char *text, size_t len, const struct pair *pair)
{
    static const char *const ways[][3] = {{"", "(", ")"}, {"(", ")", ""}, {"", "/", ""}};
    bool found = begins_with_word(text, len, pair->consonant) ||
                 begins_with_word(text, len, pair->vowel) ||
                 begins_with_word(text, len, pair->both);
    for (size_t i = 0; i < COUNT_OF(ways) && !found; i++) {
        struct buf one = {0}, other = {0};
        put_both(&one, ways[i], pair->consonant, pair->vowel);
        put_both(&other, ways[i], pair->vowel, pair->consonant);
        found = begins_with_word(text, len, buf_text(&one)) ||
                begins_with_word(text, len, buf_text(&other));
        buf_free(&one);
        buf_free(&other);
    }
    return found;
}

bool josa_find_written(const char *text, size_t len, struct buf *out_pair)
{
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (begins_with_pair(text, len, &pairs[i])) {
            buf_printf(out_pair, "%s/%s", pairs[i].consonant, pairs[i].vowel);
            return true;
        }
    }
    return false;
}

/* 으로서 before 으로: the longest of those that begin at a place. */
static size_t both_at(const char *text, size_t len)
{
    size_t longest = 0;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        size_t own = strlen(pairs[i].both);
        if (own <= len && own > longest && memcmp(text, pairs[i].both, own) == 0)
            longest = own;
    }
    return longest;
}

const char *josa_find_both(const char *text, size_t len, size_t *out_len)
{
    for (size_t at = 0; at < len; at++) {
        *out_len = both_at(text + at, len - at);
        if (*out_len > 0)
            return text + at;
    }
    return NULL;
}

/* ---- characters from the end ---- */

/* The code point that ends at `end`; *out_start is where it begins. `text` is valid UTF-8 and not
 * empty. */
static uint32_t last_character(const char *text, const char *end, const char **out_start)
{
    const char *start = end - 1;
    while (start > text && ((unsigned char)*start & 0xc0) == 0x80)
        start--;
    *out_start = start;
    const char *at = start;
    return utf8_next(&at, end);
}

struct range {
    uint32_t from, to;
};

static bool is_in(const struct range *ranges, size_t count, uint32_t c)
{
    for (size_t i = 0; i < count; i++) {
        if (c >= ranges[i].from && c <= ranges[i].to)
            return true;
    }
    return false;
}

static bool is_space(uint32_t c)
{
    static const struct range spaces[] = {
        {'\t', '\r'},     {' ', ' '},       {0x85, 0x85},     {0xa0, 0xa0},     {0x1680, 0x1680},
        {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
    };
    return is_in(spaces, COUNT_OF(spaces), c);
}

/* Nothing that is spoken. Full-width forms arrive here as their ASCII twins. */
static bool is_silent(uint32_t c)
{
    static const struct range zero_width[] = {
        {0xad, 0xad},     {0x180e, 0x180e}, {0x200b, 0x200f}, {0x202a, 0x202e},
        {0x2060, 0x2069}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
    };
    /* " ' ` « ´ » ‘ to ‟ ‹ › 「」『』 〝〞〟 */
    static const struct range quotes[] = {
        {'"', '"'},   {'\'', '\''},     {'`', '`'},       {0xab, 0xab},     {0xb4, 0xb4},
        {0xbb, 0xbb}, {0x2018, 0x201f}, {0x2039, 0x203a}, {0x300c, 0x300f}, {0x301d, 0x301f},
    };
    /* ) ] } > ⟩ 〉 》 】 〕 〗 〙 〛 ｠ ｣ */
    static const struct range brackets[] = {
        {')', ')'},       {']', ']'},       {'}', '}'},       {'>', '>'},       {0x27e9, 0x27e9},
        {0x3009, 0x3009}, {0x300b, 0x300b}, {0x3011, 0x3011}, {0x3015, 0x3015}, {0x3017, 0x3017},
        {0x3019, 0x3019}, {0x301b, 0x301b}, {0xff60, 0xff60}, {0xff63, 0xff63},
    };
    /* , . : ; ! ? · ․ ‥ … 、 。 ・ ㆍ */
    static const struct range punctuation[] = {
        {',', ','},   {'.', '.'},       {':', ';'},       {'!', '!'},       {'?', '?'},
        {0xb7, 0xb7}, {0x2024, 0x2026}, {0x3001, 0x3002}, {0x30fb, 0x30fb}, {0x318d, 0x318d},
    };
    return is_space(c) || is_in(zero_width, COUNT_OF(zero_width), c) ||
           is_in(quotes, COUNT_OF(quotes), c) || is_in(brackets, COUNT_OF(brackets), c) ||
           is_in(punctuation, COUNT_OF(punctuation), c);
}

/* The full-width letters, digits and signs of East Asian text read as their ASCII twins. */
static uint32_t fold_width(uint32_t c)
{
    return c >= 0xff01 && c <= 0xff5e ? c - 0xff01 + '!' : c;
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_capital(uint32_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_latin(uint32_t c)
{
    return is_capital(c) || (c >= 'a' && c <= 'z') || (c >= 0xc0 && c <= 0x24f);
}

static const char *skip_back(const char *text, const char *end, bool (*skips)(uint32_t))
{
    const char *start;
    while (end > text && skips(fold_width(last_character(text, end, &start))))
        end = start;
    return end;
}

static bool digit_stands_before(const char *text, const char *end)
{
    const char *start;
    return end > text && is_digit(fold_width(last_character(text, end, &start)));
}

/* ---- sounds ---- */

#define FIRST_SYLLABLE 0xac00
#define LAST_SYLLABLE  0xd7a3
#define FINALS         28
#define FINAL_RIEUL    8

static enum sound sound_of_syllable(uint32_t c)
{
    if (c < FIRST_SYLLABLE || c > LAST_SYLLABLE)
        return SOUND_UNKNOWN;
    uint32_t final = (c - FIRST_SYLLABLE) % FINALS;
    if (final == 0)
        return SOUND_VOWEL;
    return final == FINAL_RIEUL ? SOUND_RIEUL : SOUND_CONSONANT;
}

static enum sound sound_of_reading(const char *reading)
{
    const char *start;
    if (reading[0] == '\0')
        return SOUND_UNKNOWN;
    return sound_of_syllable(last_character(reading, reading + strlen(reading), &start));
}

/* How the last `zeros` zeros of an integer are read, NULL where nobody counts that far. */
static const char *reading_of_zeros(size_t zeros)
{
    static const char *const small[] = {"영", "십", "백", "천"};
    static const char *const large[] = {"만", "억", "조", "경", "해"};
    if (zeros < 4)
        return small[zeros];
    return zeros / 4 <= COUNT_OF(large) ? large[zeros / 4 - 1] : NULL;
}

struct number {
    size_t zeros; /* at its end */
    bool all_zero;
    bool decimal;
    uint32_t last; /* digit */
};

/* Reads the number that ends at `end` backwards: digits, grouping commas, a decimal point. */
static struct number read_number(const char *text, const char *end)
{
    struct number n = {0, true, false, 0};
    const char *start = end;
    for (const char *at = end; at > text; at = start) {
        uint32_t c = fold_width(last_character(text, at, &start));
        bool digit_before = digit_stands_before(text, start);
        if (c == '.' && digit_before)
            n.decimal = true;
        if (is_digit(c)) {
            if (at == end)
                n.last = c - '0';
            if (n.all_zero && c == '0')
                n.zeros++;
            else
                n.all_zero = false;
        } else if (c != ',' || !digit_before) {
            break;
        }
    }
    return n;
}

static enum sound sound_of_number(const char *text, const char *end)
{
    static const char *const digits[] = {"영", "일", "이", "삼", "사",
                                         "오", "육", "칠", "팔", "구"};
    struct number n = read_number(text, end);
    if (n.last != 0 || n.decimal || n.all_zero)
        return sound_of_reading(digits[n.last]);
    const char *reading = reading_of_zeros(n.zeros);
    return reading == NULL ? SOUND_UNKNOWN : sound_of_reading(reading);
}

/* Longer words in capitals are names, read as words and not by their letters. */
#define ACRONYM_MAX 6

/* Capitals are spelled out; how a word in small letters ends, its spelling does not tell. */
static enum sound sound_of_latin(const char *text, const char *end)
{
    static const char *const letters[] = {
        "에이", "비",   "시", "디",   "이",     "에프", "지",   "에이치", "아이",
        "제이", "케이", "엘", "엠",   "엔",     "오",   "피",   "큐",     "알",
        "에스", "티",   "유", "브이", "더블유", "엑스", "와이", "제트",
    };
    const char *start;
    const char *word = skip_back(text, end, is_latin);
    bool spelled = skip_back(text, end, is_capital) == word;
    size_t letters_in_word = 0;
    for (const char *at = word; at < end; letters_in_word++)
        utf8_next(&at, end);
    if (!spelled || letters_in_word > ACRONYM_MAX)
        return SOUND_UNKNOWN;
    return sound_of_reading(letters[fold_width(last_character(text, end, &start)) - 'A']);
}

static bool is_unit_character(uint32_t c)
{
    return !is_digit(c) && !is_space(c);
}

/* The reading of a unit that follows a number ("30%", "5 GB"), NULL if there is none at the end of
 * the value. */
static const char *reading_of_unit(const char *text, const char *end, josa_unit_fn *unit,
                                   const void *context)
{
    const char *start;
    const char *begin = skip_back(text, end, is_unit_character);
    const char *number = skip_back(text, begin, is_space);
    if (begin == end || !digit_stands_before(text, number))
        return NULL;
    const char *reading = unit != NULL ? unit(context, begin, (size_t)(end - begin)) : NULL;
    if (reading != NULL)
        return reading;
    bool is_percent = fold_width(last_character(text, end, &start)) == '%' && start == begin;
    return is_percent ? "퍼센트" : NULL;
}

/* `text` up to `end`, with nothing silent at its end. */
static enum sound sound_of(const char *text, const char *end, josa_unit_fn *unit,
                           const void *context)
{
    const char *start;
    if (end == text)
        return SOUND_UNKNOWN;
    uint32_t c = fold_width(last_character(text, end, &start));
    if (c >= FIRST_SYLLABLE && c <= LAST_SYLLABLE)
        return sound_of_syllable(c);
    if (is_digit(c))
        return sound_of_number(text, end);
    const char *reading = reading_of_unit(text, end, unit, context);
    if (reading != NULL)
        return sound_of_reading(reading);
    return is_latin(c) ? sound_of_latin(text, end) : SOUND_UNKNOWN;
}

static const char *form_for(const struct pair *pair, enum sound sound)
{
    switch (sound) {
    case SOUND_VOWEL:
        return pair->vowel;
    case SOUND_CONSONANT:
        return pair->consonant;
    case SOUND_RIEUL:
        return pair->rieul_is_vowel ? pair->vowel : pair->consonant;
    case SOUND_UNKNOWN:
        break;
    }
    return pair->both;
}

int josa_put(const char *value, size_t len, const char *pair, josa_unit_fn *unit,
             const void *unit_context, struct buf *out, bool *out_known, struct error *err)
{
    const struct pair *found = find_pair(pair);
    if (found == NULL)
        return error_set(
            err, ERR_INPUT,
            "\"%s\" is no pair of particles; write one like 은/는, 이/가, 을/를, 과/와 or "
            "으로/로",
            pair);
    if (skip_back(value, value + len, is_space) == value)
        return error_set(err, ERR_INPUT, "an empty value cannot take the particle %s", pair);
    struct buf composed = {0};
    unicode_put_nfc(&composed, value, len);
    const char *text = composed.data;
    const char *end = skip_back(text, text + composed.len, is_silent);
    enum sound sound = sound_of(text, end, unit, unit_context);
    buf_puts(out, form_for(found, sound));
    *out_known = sound != SOUND_UNKNOWN;
    buf_free(&composed);
    return 0;
}
