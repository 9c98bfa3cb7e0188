#include "channel/bounce_text.h"

#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "channel/bounce_answer.h"

#define OPENING_MAX ((size_t)600)       /* where a sentence must stand if the sender says nothing */
#define SAID_MAX    ((size_t)16 * 1024) /* longer explanations have no end worth reading */
#define WORDS_MAX   ((size_t)700)       /* of an answer */
#define FAILED_MAX  20                  /* addresses of X-Failed-Recipients */

/* ---- which sentences ---- */

struct sentence {
    const char *words; /* in any case of ASCII letters, on one line */
    enum receipt_kind kind;
    bool sure; /* believed of a sender who does not call himself a mail server, too */
};

/* The first that is there decides: what gave up for good, then what still tries, then what failed.
 */
static const struct sentence sentences[] = {
    /* clang-format off */
    {"hi. this is the qmail-send program", RECEIPT_FAILED, true},
    {"i wasn't able to deliver your message to the following addresses", RECEIPT_FAILED, true},
    {"failed permanently", RECEIPT_FAILED, true},
    {"this is a permanent error", RECEIPT_FAILED, false},
    {"had permanent fatal errors", RECEIPT_FAILED, true},
    {"permanently rejected", RECEIPT_FAILED, false},
    {"giving up", RECEIPT_FAILED, false},
    {"endgültig", RECEIPT_FAILED, false},
    {"영구적인 오류", RECEIPT_FAILED, false},
    {"not yet been delivered", RECEIPT_BUFFERED, false},
    {"not been delivered yet", RECEIPT_BUFFERED, false},
    {"has been delayed", RECEIPT_BUFFERED, false},
    {"delivery is delayed", RECEIPT_BUFFERED, false},
    {"still undelivered", RECEIPT_BUFFERED, false},
    {"warning message only", RECEIPT_BUFFERED, false},
    {"will keep trying", RECEIPT_BUFFERED, false},
    {"will continue to try", RECEIPT_BUFFERED, false},
    {"will be retried", RECEIPT_BUFFERED, false},
    {"delivery incomplete", RECEIPT_BUFFERED, false},
    {"noch nicht zugestellt", RECEIPT_BUFFERED, false},
    {"verzögert", RECEIPT_BUFFERED, false},
    {"weitere zustellversuche", RECEIPT_BUFFERED, false},
    {"지연되고 있습니다", RECEIPT_BUFFERED, false},
    {"아직 전달되지", RECEIPT_BUFFERED, false},
    {"계속 시도", RECEIPT_BUFFERED, false},
    {"created automatically by mail delivery software", RECEIPT_FAILED, false},
    {"this is the mail system at host", RECEIPT_FAILED, true},
    {"did not reach some or all of the intended recipients", RECEIPT_FAILED, true},
    {"could not be delivered", RECEIPT_FAILED, false},
    {"couldn't be delivered", RECEIPT_FAILED, false},
    {"cannot be delivered", RECEIPT_FAILED, false},
    {"can not be delivered", RECEIPT_FAILED, false},
    {"not delivered", RECEIPT_FAILED, false},
    {"wasn't delivered", RECEIPT_FAILED, false},
    {"undeliver", RECEIPT_FAILED, false},
    {"unable to deliver", RECEIPT_FAILED, false},
    {"could not deliver", RECEIPT_FAILED, false},
    {"couldn't deliver", RECEIPT_FAILED, false},
    {"was not able to deliver", RECEIPT_FAILED, false},
    {"delivery fail", RECEIPT_FAILED, false},
    {"delivery has failed", RECEIPT_FAILED, false},
    {"delivery to the following recipient", RECEIPT_FAILED, false},
    {"delivery error", RECEIPT_FAILED, false},
    {"failed to deliver", RECEIPT_FAILED, false},
    {"returned mail", RECEIPT_FAILED, false},
    {"returned to sender", RECEIPT_FAILED, false},
    {"was rejected", RECEIPT_FAILED, false},
    {"nicht zugestellt", RECEIPT_FAILED, false},
    {"nicht zustellbar", RECEIPT_FAILED, false},
    {"unzustellbar", RECEIPT_FAILED, false},
    {"zustellung fehlgeschlagen", RECEIPT_FAILED, false},
    {"nicht ausgeliefert", RECEIPT_FAILED, false},
    {"konnte nicht übermittelt", RECEIPT_FAILED, false},
    {"전송 실패", RECEIPT_FAILED, false},
    {"전송에 실패", RECEIPT_FAILED, false},
    {"전송되지 못", RECEIPT_FAILED, false},
    {"전송하지 못", RECEIPT_FAILED, false},
    {"전송할 수 없", RECEIPT_FAILED, false},
    {"발송 실패", RECEIPT_FAILED, false},
    {"발송에 실패", RECEIPT_FAILED, false},
    {"발송하지 못", RECEIPT_FAILED, false},
    {"발송되지 못", RECEIPT_FAILED, false},
    {"배달하지 못", RECEIPT_FAILED, false},
    {"배달되지 못", RECEIPT_FAILED, false},
    {"전달하지 못", RECEIPT_FAILED, false},
    {"전달되지 못", RECEIPT_FAILED, false},
    {"전달할 수 없", RECEIPT_FAILED, false},
    {"반송", RECEIPT_FAILED, false},
    /* clang-format on */
};

/* What is said in Korean and German; English is smtp_answer.c's. Counts only where all that is said
 * means one cause: some list every reason there may be. */
static const struct {
    const char *words;
    const char *cause;
} causes[] = {
    /* clang-format off */
    {"존재하지 않는 계정", "bad_recipient"},
    {"존재하지 않는 메일", "bad_recipient"},
    {"존재하지 않는 이메일", "bad_recipient"},
    {"존재하지 않는 사용자", "bad_recipient"},
    {"존재하지 않는 수신자", "bad_recipient"},
    {"존재하지 않는 아이디", "bad_recipient"},
    {"주소가 존재하지 않", "bad_recipient"},
    {"계정이 존재하지 않", "bad_recipient"},
    {"사용자가 존재하지 않", "bad_recipient"},
    {"수신자가 존재하지 않", "bad_recipient"},
    {"없는 사용자", "bad_recipient"},
    {"없는 계정", "bad_recipient"},
    {"등록되지 않은 사용자", "bad_recipient"},
    {"존재하지 않는 도메인", "domain_unknown"},
    {"도메인이 존재하지 않", "domain_unknown"},
    {"도메인을 찾을 수 없", "domain_unknown"},
    {"휴면", "mailbox_disabled"},
    {"탈퇴한", "mailbox_disabled"},
    {"이용이 정지", "mailbox_disabled"},
    {"이용 정지", "mailbox_disabled"},
    {"사용이 중지", "mailbox_disabled"},
    {"용량이 초과", "mailbox_full"},
    {"용량을 초과", "mailbox_full"},
    {"용량 초과", "mailbox_full"},
    {"용량이 부족", "mailbox_full"},
    {"함이 가득", "mailbox_full"},
    {"크기가 제한", "too_large"},
    {"크기 제한", "too_large"},
    {"스팸", "spam_suspected"},
    {"수신을 거부", "policy"},
    {"수신 거부", "policy"},
    {"수신거부", "policy"},
    {"차단", "policy"},
    {"empfänger unbekannt", "bad_recipient"},
    {"unbekannter empfänger", "bad_recipient"},
    {"unbekannter benutzer", "bad_recipient"},
    {"benutzer unbekannt", "bad_recipient"},
    {"benutzer ist unbekannt", "bad_recipient"},
    {"empfänger ist nicht bekannt", "bad_recipient"},
    {"adresse ist nicht bekannt", "bad_recipient"},
    {"adresse ist unbekannt", "bad_recipient"},
    {"adresse existiert nicht", "bad_recipient"},
    {"postfach existiert nicht", "bad_recipient"},
    {"empfänger existiert nicht", "bad_recipient"},
    {"kein postfach", "bad_recipient"},
    {"domain existiert nicht", "domain_unknown"},
    {"domäne existiert nicht", "domain_unknown"},
    {"postfach ist voll", "mailbox_full"},
    {"postfach voll", "mailbox_full"},
    {"postfach des empfängers ist voll", "mailbox_full"},
    {"speicherplatz", "mailbox_full"},
    {"postfach ist gesperrt", "mailbox_disabled"},
    {"postfach gesperrt", "mailbox_disabled"},
    {"deaktiviert", "mailbox_disabled"},
    {"stillgelegt", "mailbox_disabled"},
    {"zu groß", "too_large"},
    /* clang-format on */
};

/* ---- where the returned mail begins ---- */

static const char *const copy_marks[] = {
    "below this line is a copy of the message",
    "this is a copy of",
    "original message",
    "original message headers",
    "ursprüngliche nachricht",
    "originalnachricht",
    "원본 메일",
    "원본 메시지",
    "undelivered message follows",
    "unsent message below",
    "returned message",
};

/* Fields nobody writes into an explanation. */
static const char *const copy_fields[] = {
    "Return-Path:", "Received:", "Message-ID:", "MIME-Version:", "DKIM-Signature:"};

static bool starts_with_any(const char *at, size_t len, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (len >= strlen(words[i]) && strncasecmp(at, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/* "------ This is a copy of the message ------": a rule of three at least, then the words. */
static bool is_mark(const char *line, size_t len)
{
    size_t rule = 0;
    while (rule < len && (line[rule] == '-' || line[rule] == '=' || line[rule] == '_'))
        rule++;
    if (rule < 3)
        return false;
    while (rule < len && line[rule] == ' ')
        rule++;
    return starts_with_any(line + rule, len - rule, copy_marks, COUNT_OF(copy_marks));
}

/* *out_copy: from the first field of the copy on. Returns how long what is said before is. */
static size_t split(const struct buf *text, struct bounce_span *out_copy)
{
    size_t at = 0, said = text->len;
    bool marked = false;
    *out_copy = (struct bounce_span){"", 0};
    while (at < text->len) {
        const char *line = text->data + at, *end = memchr(line, '\n', text->len - at);
        size_t len = end != NULL ? (size_t)(end - line) : text->len - at;
        bool field = starts_with_any(line, len, copy_fields, COUNT_OF(copy_fields));
        if (field || (marked && len > 0)) {
            *out_copy = (struct bounce_span){line, text->len - at};
            return marked ? said : at;
        }
        if (!marked && is_mark(line, len)) {
            marked = true;
            said = at;
        }
        at += len + 1;
    }
    return said;
}

struct bounce_span bounce_text_find_copy(const struct buf *text)
{
    struct bounce_span copy;
    split(text, &copy);
    return copy;
}

/* ---- what is said ---- */

/* On one line, without NUL. */
static void put_flat(const char *at, size_t len, struct buf *out)
{
    bool gap = false;
    for (size_t i = 0; i < len; i++) {
        if (at[i] == ' ' || at[i] == '\t' || at[i] == '\n' || at[i] == '\0') {
            gap = out->len > 0;
            continue;
        }
        if (gap)
            buf_putc(out, ' ');
        buf_putc(out, at[i]);
        gap = false;
    }
}

static const struct sentence *find_sentence(const char *text)
{
    for (size_t i = 0; i < COUNT_OF(sentences); i++)
        if (strcasestr(text, sentences[i].words) != NULL)
            return &sentences[i];
    return NULL;
}

/* Somebody who answers quotes it with > or below his own words: only what it opens with counts. */
static bool is_believed(const struct bounce_letter *l, const struct sentence *s, const char *flat)
{
    const char *at = strcasestr(flat, s->words);
    if (l->from_daemon || l->failed != NULL)
        return true;
    return s->sure && l->from_nobody && at != NULL && (size_t)(at - flat) < OPENING_MAX &&
           memchr(flat, '>', (size_t)(at - flat)) == NULL;
}

/* The body decides; a subject alone must be a mail server's. */
static const struct sentence *find_opening(const struct bounce_letter *l, const char *flat)
{
    const struct sentence *s = find_sentence(flat);
    if (s == NULL && l->from_daemon)
        s = find_sentence(l->subject);
    return s != NULL && is_believed(l, s, flat) ? s : NULL;
}

/* NULL: none, or more than one. */
static const char *find_cause(const char *text)
{
    const char *cause = NULL;
    for (size_t i = 0; i < COUNT_OF(causes); i++) {
        if (strcasestr(text, causes[i].words) == NULL)
            continue;
        if (cause != NULL && strcmp(cause, causes[i].cause) != 0)
            return NULL;
        cause = causes[i].cause;
    }
    return cause;
}

/* ---- addresses ---- */

static bool is_local_part(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(".!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool is_domain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || (c & 0x80) != 0;
}

/* Mail servers name themselves, and whom to ask. */
static bool is_office(const char *at, size_t len)
{
    static const char *const offices[] = {"postmaster@", "mailer-daemon@", "abuse@",  "support@",
                                          "help@",       "helpdesk@",      "noreply@"};
    return starts_with_any(at, len, offices, COUNT_OF(offices));
}

/* The next address from `at` on; false: none is left. */
static bool next_address(const char *at, const char *stop, struct bounce_span *out)
{
    for (const char *sign = at; (sign = memchr(sign, '@', (size_t)(stop - sign))) != NULL; sign++) {
        const char *begin = sign, *end = sign + 1;
        while (begin > at && is_local_part(begin[-1]))
            begin--;
        while (end < stop && is_domain(*end))
            end++;
        while (end > sign + 1 && (end[-1] == '.' || end[-1] == '-'))
            end--;
        size_t len = (size_t)(end - begin);
        if (begin < sign && end > sign + 3 && len <= 254 && !is_office(begin, len)) {
            *out = (struct bounce_span){begin, len};
            return true;
        }
    }
    return false;
}

/* ---- the answer behind an address ---- */

/* To the next empty line, but not before there is something. */
static const char *paragraph_end(const char *at, const char *stop)
{
    const char *gap = at;
    while (gap < stop &&
           (*gap == ' ' || *gap == '\n' || *gap == '>' || *gap == ':' || *gap == '\t'))
        gap++;
    const char *end = memmem(gap, (size_t)(stop - gap), "\n\n", 2);
    return end != NULL ? end : stop;
}

static const char *line_start(const char *at, const char *body)
{
    while (at > body && at[-1] != '\n')
        at--;
    return at;
}

/* The answer behind `at`, else the paragraph there. `body` is what is said, as a text. */
static void put_words(const char *body, const char *at, const char *stop, struct buf *out)
{
    const char *answer = bounce_answer_find(at, stop);
    if (answer == NULL)
        answer = bounce_answer_find(body, at);
    if (answer != NULL && answer[1] == '.' && (answer < at || answer >= paragraph_end(at, stop)))
        answer = line_start(answer, body);
    else if (answer != NULL && answer[1] == '.')
        answer = at; /* an enhanced code stands behind the words it belongs to */
    if (answer != NULL)
        at = answer;
    while (at < stop && strchr(" \n\t>:'\")", *at) != NULL && *at != '\0')
        at++;
    size_t len = (size_t)(paragraph_end(at, stop) - at);
    put_flat(at, len < WORDS_MAX ? len : WORDS_MAX, out);
}

struct reading {
    const struct bounce_letter *letter;
    struct buf body; /* what is said, without NUL */
    struct buf flat; /* the same on one line */
    const struct sentence *opening;
    struct bounce_said_list *list;
};

static const char *find_text(const char *body, const char *word, size_t len)
{
    struct buf copy = {0};
    buf_put(&copy, word, len);
    const char *found = strcasestr(body, buf_text(&copy));
    buf_free(&copy);
    return found;
}

/* `address` may stand anywhere; its answer is looked for behind where the body names it. */
static void add(struct reading *r, const char *address, size_t len)
{
    struct bounce_said *said = bounce_said_add(r->list);
    const char *body = buf_text(&r->body), *stop = body + r->body.len;
    if (said == NULL)
        return;
    const char *at = len > 0 ? find_text(body, address, len) : NULL;
    said->kind = r->opening->kind;
    buf_put(&said->final, address, len);
    put_words(body, at != NULL ? at + len : body, stop, &said->words);
    if (bounce_answer_find(body, stop) == NULL)
        said->cause = find_cause(buf_text(&r->flat));
}

static size_t add_failed(struct reading *r)
{
    struct bounce_span address;
    const char *at = r->letter->failed, *stop = at + strlen(at);
    size_t count = 0;
    for (; count < FAILED_MAX && next_address(at, stop, &address); count++) {
        add(r, address.at, address.len);
        at = address.at + address.len;
    }
    return count;
}

/* Our mails have one recipient: who it was, else the first who is named. */
static void add_named(struct reading *r)
{
    const char *expected = r->letter->expected, *body = buf_text(&r->body);
    struct bounce_span address = {"", 0};
    if (expected != NULL && strcasestr(body, expected) != NULL)
        address = (struct bounce_span){expected, strlen(expected)};
    else
        next_address(body, body + r->body.len, &address);
    add(r, address.at, address.len);
}

static void put_without_nul(const char *at, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len; i++)
        buf_putc(out, at[i] != '\0' ? at[i] : ' ');
}

bool bounce_text_read(const struct bounce_letter *letter, struct bounce_said_list *out)
{
    struct reading r = {.letter = letter, .list = out};
    struct bounce_span copy;
    size_t said = split(letter->text, &copy);
    put_without_nul(buf_text(letter->text), said < SAID_MAX ? said : SAID_MAX, &r.body);
    put_flat(buf_text(&r.body), r.body.len, &r.flat);
    r.opening = find_opening(letter, buf_text(&r.flat));
    if (r.opening != NULL && (letter->failed == NULL || add_failed(&r) == 0))
        add_named(&r);
    buf_free(&r.body);
    buf_free(&r.flat);
    return r.opening != NULL;
}

/* Whoever lists several begins the line of each with its address. */
static const char *next_listed(const char *at, const char *stop)
{
    struct bounce_span address;
    while ((at = memchr(at, '\n', (size_t)(stop - at))) != NULL) {
        at++;
        const char *text = at;
        while (text < stop && (*text == ' ' || *text == '\t' || *text == '<'))
            text++;
        const char *end = memchr(text, '\n', (size_t)(stop - text));
        if (next_address(text, end != NULL ? end : stop, &address) && address.at == text)
            return at;
    }
    return stop;
}

void bounce_text_put_answer(const struct buf *text, const char *address, struct buf *out)
{
    struct bounce_span copy;
    struct buf body = {0};
    size_t said = split(text, &copy);
    put_without_nul(buf_text(text), said < SAID_MAX ? said : SAID_MAX, &body);
    const char *at = *address != '\0' ? strcasestr(buf_text(&body), address) : NULL;
    if (at != NULL) {
        at += strlen(address);
        const char *gap = strstr(at, "\n\n"), *stop = gap != NULL ? gap : body.data + body.len;
        stop = next_listed(at, stop);
        const char *answer = bounce_answer_find(at, stop);
        if (answer != NULL && answer[1] != '.')
            at = answer;
        at += strspn(at, " \n\t>:'\")");
        if (at < stop)
            put_flat(at, (size_t)(stop - at) < WORDS_MAX ? (size_t)(stop - at) : WORDS_MAX, out);
    }
    buf_free(&body);
}
