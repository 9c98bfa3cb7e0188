#include "model/evidence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/text.h"
#include "model/json.h"

#define HASH_MARK ",\"hash\":\""
#define TAIL      (sizeof(HASH_MARK) - 1 + DIGEST_HEX_SIZE - 1 + 2) /* and "} */
#define DEPTH_MAX 48
#define HEX_LEN   (DIGEST_HEX_SIZE - 1)

/* ---- writing ---- */

void evidence_begin(struct evidence_chain *chain)
{
    chain->rows = 0;
    memset(chain->head, '0', HEX_LEN);
    chain->head[HEX_LEN] = '\0';
}

static void hash_of(const char *bytes, size_t len, char out[DIGEST_HEX_SIZE])
{
    unsigned char digest[DIGEST_SIZE];
    digest_sha256(bytes, len, digest);
    digest_hex(digest, out);
}

void evidence_put_sealed(const json_t *object, struct buf *out, char out_hash[DIGEST_HEX_SIZE])
{
    size_t start = out->len;
    json_put(out, object);
    hash_of(out->data + start, out->len - start, out_hash);
    buf_truncate(out, out->len - 1);
    buf_printf(out, HASH_MARK "%s\"}", out_hash);
}

void evidence_put_row(struct evidence_chain *chain, json_t *row, struct buf *out)
{
    json_object_set_new(row, "row", json_integer(++chain->rows));
    json_object_set_new(row, "previous", json_string(chain->head));
    evidence_put_sealed(row, out, chain->head);
    buf_putc(out, '\n');
}

/* ---- addresses ---- */

void evidence_make_salt(const unsigned char key[TOKEN_KEY_SIZE], int64_t delivery,
                        char out[EVIDENCE_SALT_SIZE])
{
    char name[64], hex[DIGEST_HEX_SIZE];
    unsigned char digest[DIGEST_SIZE];
    int len = snprintf(name, sizeof(name), "evidence salt %" PRId64, delivery);
    digest_hmac_sha256(key, TOKEN_KEY_SIZE, name, (size_t)len, digest);
    digest_hex(digest, hex);
    snprintf(out, EVIDENCE_SALT_SIZE, "%.*s", EVIDENCE_SALT_SIZE - 1, hex);
}

void evidence_commit(const char *salt, const char *address, char out[DIGEST_HEX_SIZE])
{
    struct buf text = {0};
    buf_printf(&text, "%s:%s", salt, address);
    hash_of(text.data, text.len, out);
    buf_free(&text);
}

/* The first and the last character of what stands in front of the @. */
static void put_mail(struct buf *out, const char *address, const char *at)
{
    const char *next = address, *last = address;
    utf8_next(&next, at);
    buf_put(out, address, (size_t)(next - address));
    buf_puts(out, "…");
    for (const char *p = next; p < at;) {
        last = p;
        utf8_next(&p, at);
    }
    if (last > address + 1)
        buf_put(out, last, (size_t)(at - last));
    buf_puts(out, at);
}

void evidence_put_masked(struct buf *out, const char *address)
{
    const char *at = strrchr(address, '@');
    size_t len = strlen(address);
    if (at != NULL && at > address)
        put_mail(out, address, at);
    else if (address[0] == '+' && len > 6)
        buf_printf(out, "%.3s…%s", address, address + len - 2);
    else
        buf_puts(out, address);
}

void evidence_put_without(struct buf *out, const char *text, const char *address)
{
    size_t len = strlen(address);
    bool personal = len > 0 && (address[0] == '+' || strchr(address, '@') != NULL);
    while (*text != '\0') {
        if (personal && strncasecmp(text, address, len) == 0) {
            evidence_put_masked(out, address);
            text += len;
        } else {
            buf_putc(out, *text++);
        }
    }
}

/* ---- one line ---- */

static bool has_tail(const char *line, size_t len)
{
    const char *tail = line + len - TAIL;
    return len > TAIL && memcmp(tail, HASH_MARK, sizeof(HASH_MARK) - 1) == 0 &&
           memcmp(line + len - 2, "\"}", 2) == 0;
}

static bool gives_its_hash(const char *line, size_t len, char out_hash[DIGEST_HEX_SIZE])
{
    struct buf body = {0};
    char hash[DIGEST_HEX_SIZE];
    buf_put(&body, line, len - TAIL);
    buf_putc(&body, '}');
    hash_of(body.data, body.len, hash);
    buf_free(&body);
    snprintf(out_hash, DIGEST_HEX_SIZE, "%.*s", (int)HEX_LEN, line + len - 2 - HEX_LEN);
    return strcmp(hash, out_hash) == 0;
}

void evidence_read_line(const char *line, size_t len, struct evidence_line *out)
{
    struct error ignored;
    *out = (struct evidence_line){0};
    if (!has_tail(line, len) || !gives_its_hash(line, len, out->hash))
        return;
    if (json_parse(line, len, "evidence", 1, DEPTH_MAX, &out->root, &ignored) != 0)
        return;
    out->sound = true;
    out->row = json_get_int(out->root, "row", 0);
    snprintf(out->previous, sizeof(out->previous), "%s", json_get_text(out->root, "previous", ""));
}

void evidence_line_clear(struct evidence_line *line)
{
    json_free(line->root);
    *line = (struct evidence_line){0};
}

/* ---- a chain ---- */

void evidence_check_begin(struct evidence_check *check, int64_t total, evidence_finding_fn *tell,
                          void *context)
{
    struct evidence_chain start;
    evidence_begin(&start);
    *check = (struct evidence_check){
        .tell = tell, .context = context, .total = total, .expected = 1, .known = true};
    memcpy(check->previous, start.head, sizeof(start.head));
}

static void find(struct evidence_check *check, enum evidence_fault fault, int64_t row,
                 int64_t other)
{
    const struct evidence_finding finding = {fault, row, other};
    check->faults++;
    check->tell(check->context, &finding);
}

/* The held line is row `row`, whatever it was found to be; the one behind it is the next. */
static void pass(struct evidence_check *check, int64_t row, bool known)
{
    check->expected = row + 1;
    check->known = known;
    memcpy(check->previous, check->held.hash, sizeof(check->previous));
}

/* `next`: the row of the line behind the held one, 0: there is none or it is no row. */
static void judge_broken(struct evidence_check *check, int64_t next)
{
    if (next == check->expected || (check->total >= 0 && check->expected > check->total)) {
        find(check, EVIDENCE_ADDED, check->expected, 0);
    } else {
        find(check, EVIDENCE_CHANGED, check->expected, 0);
        pass(check, check->expected, false);
    }
}

static void judge_in_place(struct evidence_check *check)
{
    bool follows = strcmp(check->held.previous, check->previous) == 0;
    if (check->known && !follows)
        find(check, check->expected > 1 ? EVIDENCE_REWRITTEN : EVIDENCE_CHANGED,
             check->expected > 1 ? check->expected - 1 : 1, check->expected);
    pass(check, check->expected, true);
}

/* It is sound, but another row is expected here: what comes behind it tells what happened. */
static void judge_misplaced(struct evidence_check *check, int64_t next, bool last)
{
    int64_t expected = check->expected, row = check->held.row;
    bool beyond = row < 1 || (check->total >= 0 && row > check->total);
    bool in_place = next == expected + 1 || (last && expected == check->total);
    if (!beyond && in_place) {
        find(check, EVIDENCE_MOVED, expected, row);
        pass(check, expected, false);
    } else if (!beyond && row == expected + 1 && next == expected) {
        check->swapped = true;
    } else if (beyond || row < expected || next == expected) {
        find(check, EVIDENCE_ADDED, expected, row);
        check->known = check->known && row + 1 != expected; /* which of the two is the copy? */
    } else {
        find(check, EVIDENCE_MISSING, expected, row - 1);
        pass(check, row, true);
    }
}

/* The held line is the one that was expected, and in front of it stands the one that should follow:
 * they changed places, unless it follows, too. */
static void judge_swapped(struct evidence_check *check, int64_t next)
{
    int64_t expected = check->expected;
    bool copied = next == expected + 1;
    check->swapped = false;
    find(check, copied ? EVIDENCE_ADDED : EVIDENCE_SWAPPED, expected, expected + 1);
    pass(check, copied ? expected : expected + 1, copied);
}

static void judge(struct evidence_check *check, int64_t next, bool last)
{
    bool over = check->total >= 0 && check->expected > check->total;
    if (check->swapped) {
        judge_swapped(check, next);
    } else if (!check->held.sound) {
        judge_broken(check, next);
    } else if (check->held.row == check->expected && !over) {
        judge_in_place(check);
    } else {
        judge_misplaced(check, next, last);
    }
}

void evidence_check_line(struct evidence_check *check, const struct evidence_line *line)
{
    if (check->holds)
        judge(check, line->sound ? line->row : 0, false);
    check->held = *line;
    check->held.root = NULL;
    check->holds = true;
}

void evidence_check_end(struct evidence_check *check, const char *head)
{
    if (check->holds)
        judge(check, 0, true);
    check->holds = false;
    if (check->total >= 0 && check->expected <= check->total)
        find(check, EVIDENCE_CUT, check->expected, check->total);
    else if (check->faults == 0 && head != NULL && strcmp(check->previous, head) != 0)
        find(check, EVIDENCE_HEAD, check->expected - 1, 0);
}
