#include "channel/smtp_monitor.h"

#include <string.h>
#include <strings.h>

#include "base/attributes.h"

#define REPLY_BYTES_MAX                                                                            \
    65536 /* RFC 5321 asks for 512 a line; libesmtp itself reads EHLO lines without end */
#define TEXT_COLUMN 4 /* "250-text" */

static const struct {
    const char *verb;
    enum smtp_stage stage;
} verbs[] = {
    {"EHLO", SMTP_STAGE_EHLO}, {"HELO", SMTP_STAGE_EHLO}, {"STARTTLS", SMTP_STAGE_STARTTLS},
    {"AUTH", SMTP_STAGE_AUTH}, {"MAIL", SMTP_STAGE_MAIL}, {"RCPT", SMTP_STAGE_RCPT},
    {"DATA", SMTP_STAGE_DATA}, {"RSET", SMTP_STAGE_RSET}, {"QUIT", SMTP_STAGE_QUIT},
};

/* Words of EHLO the library must not see: with them it has several replies outstanding, and with
 * three of them it crashes on a loss. PIPELINING alone and one recipient a mail make two. */
static const struct {
    const char *word;
    bool may_be_wanted;
} hidden[] = {{"PIPELINING", true}, {"CHUNKING", false}};

const char *smtp_stage_name(enum smtp_stage stage)
{
    static const char *const names[SMTP_STAGES] = {
        [SMTP_STAGE_GREETING] = "the greeting",
        [SMTP_STAGE_EHLO] = "EHLO",
        [SMTP_STAGE_STARTTLS] = "STARTTLS",
        [SMTP_STAGE_AUTH] = "AUTH",
        [SMTP_STAGE_MAIL] = "MAIL",
        [SMTP_STAGE_RCPT] = "RCPT",
        [SMTP_STAGE_DATA] = "DATA",
        [SMTP_STAGE_END] = "the final dot",
        [SMTP_STAGE_RSET] = "RSET",
        [SMTP_STAGE_QUIT] = "QUIT",
        [SMTP_STAGE_OTHER] = "a command",
    };
    return names[stage];
}

static void expect_reply(struct smtp_monitor *m, enum smtp_stage stage)
{
    m->stage = stage;
    m->replies[stage] = (struct smtp_reply){0};
    m->column = 0;
    m->bytes = 0;
}

void smtp_monitor_reset(struct smtp_monitor *m, bool needs_login, bool needs_tls)
{
    memset(m, 0, sizeof(*m));
    m->needs_login = needs_login;
    m->needs_tls = needs_tls;
    expect_reply(m, SMTP_STAGE_GREETING);
}

void smtp_monitor_data_ended(struct smtp_monitor *m)
{
    m->before = SMTP_STAGE_END;
    expect_reply(m, SMTP_STAGE_END);
}

static bool refuse(struct smtp_monitor *m, const char *violation)
{
    m->violation = violation;
    return false;
}

/* ---- writing ---- */

static enum smtp_stage stage_of(const char *bytes, size_t len)
{
    size_t word = 0;
    while (word < len && bytes[word] != ' ' && bytes[word] != '\r')
        word++;
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (word == strlen(verbs[i].verb) && strncasecmp(bytes, verbs[i].verb, word) == 0)
            return verbs[i].stage;
    return SMTP_STAGE_OTHER;
}

/* "AUTH PLAIN ...": which way of logging in. */
static void keep_mechanism(struct smtp_monitor *m, const char *bytes, size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t at = strlen("AUTH "), room = 0;
    while (at < len && room + 1 < sizeof(m->mechanism) && bytes[at] != '\0' &&
           strchr(letters, bytes[at]) != NULL)
        m->mechanism[room++] = bytes[at++];
    m->mechanism[room] = '\0';
}

/* Whether a command of this stage may leave as things stand. */
static bool may_write(struct smtp_monitor *m, enum smtp_stage stage)
{
    if (stage == SMTP_STAGE_QUIT)
        return true;
    if (m->login_refused)
        return refuse(m, "the login was refused");
    if (stage == SMTP_STAGE_EHLO)
        m->offers_login = false;
    if (stage == SMTP_STAGE_AUTH && m->needs_tls && !m->has_tls)
        return refuse(m, "no login without TLS");
    if (stage == SMTP_STAGE_MAIL && m->needs_tls && !m->has_tls)
        return refuse(m, "no mail without TLS");
    if (stage == SMTP_STAGE_MAIL && m->needs_login && !m->logged_in)
        return refuse(m, "no mail without a login");
    return true;
}

static size_t line_length(const char *bytes, size_t len)
{
    const char *end = memchr(bytes, '\n', len);
    return end != NULL ? (size_t)(end - bytes) + 1 : len;
}

/* The commands behind the first of one write: their replies come in turn. */
static bool write_pending(struct smtp_monitor *m, const char *bytes, size_t len)
{
    while (len > 0) {
        size_t line = line_length(bytes, len);
        enum smtp_stage stage = stage_of(bytes, line);
        if (!m->may_pipeline || m->pending_count == SMTP_PENDING_MAX)
            return refuse(m, "the mail library sent more commands at once than it can bear");
        m->pending[m->pending_count++] = stage;
        m->replies[stage] = (struct smtp_reply){0};
        if (!may_write(m, stage))
            return false;
        bytes += line;
        len -= line;
    }
    return true;
}

bool smtp_monitor_writing(struct smtp_monitor *m, const char *bytes, size_t len)
{
    /* A 334 asks for the next part of a login, which can look like anything. */
    bool in_login = m->stage == SMTP_STAGE_AUTH && m->replies[SMTP_STAGE_AUTH].code == 334;
    size_t line = in_login ? len : line_length(bytes, len);
    enum smtp_stage stage = in_login ? SMTP_STAGE_AUTH : stage_of(bytes, line);
    m->before = stage == SMTP_STAGE_QUIT ? m->before : stage;
    m->pending_count = 0;
    expect_reply(m, stage);
    if (stage == SMTP_STAGE_AUTH && !in_login)
        keep_mechanism(m, bytes, line);
    return may_write(m, stage) && write_pending(m, bytes + line, len - line);
}

/* ---- reading ---- */

/* The first four characters of a line: three digits and what tells whether lines follow. */
static void read_prefix(struct smtp_monitor *m, char *byte)
{
    struct smtp_reply *reply = &m->replies[m->stage];
    if (m->column < 3) {
        m->code[m->column] = *byte;
        m->code[m->column + 1] = '\0';
    } else {
        bool number = strspn(m->code, "0123456789") == 3;
        if (reply->code == 0 && number)
            reply->code = (m->code[0] - '0') * 100 + (m->code[1] - '0') * 10 + (m->code[2] - '0');
        m->last_line = *byte != '-';
    }
    /* Decided at the first digit, so that no byte of the code has passed unchanged when the line is
     * cut in two. */
    if (m->stage == SMTP_STAGE_AUTH && m->column < 3 && (m->code[0] == '4' || m->code[0] == '5')) {
        m->login_refused = true;
        *byte = "538"[m->column];
    }
}

/*
 * Watches the first word of an EHLO line. A hidden word is spoilt in the byte that completes it:
 * that byte is always in the buffer at hand, however the server cuts its packets.
 */
static void read_keyword(struct smtp_monitor *m, char *byte)
{
    size_t at = m->column - TEXT_COLUMN;
    if (at >= sizeof(m->keyword) - 1)
        return;
    m->keyword[at] = *byte;
    m->keyword[at + 1] = '\0';
    for (size_t i = 0; i < COUNT_OF(hidden); i++)
        if (strcasecmp(m->keyword, hidden[i].word) == 0 &&
            !(hidden[i].may_be_wanted && m->may_pipeline))
            *byte = 'X';
    if (strncasecmp(m->keyword, "AUTH", 4) == 0 && at == 4 && strchr(" =\r\n", *byte) != NULL)
        m->offers_login = true;
}

static void keep_text(struct smtp_reply *reply, char byte)
{
    bool space = byte == '\r' || byte == '\n';
    if (reply->len < sizeof(reply->text) && !space)
        reply->text[reply->len++] = byte;
}

static void end_line(struct smtp_monitor *m)
{
    struct smtp_reply *reply = &m->replies[m->stage];
    reply->line = true;
    reply->whole = m->column < TEXT_COLUMN || m->last_line;
    if (!reply->whole)
        keep_text(reply, ' ');
    m->column = 0;
    if (reply->whole && m->stage == SMTP_STAGE_AUTH && reply->code == 235)
        m->logged_in = true;
}

static void read_byte(struct smtp_monitor *m, char *byte)
{
    struct smtp_reply *reply = &m->replies[m->stage];
    char seen = *byte;
    m->bytes++;
    if (seen == '\n') {
        end_line(m);
        return;
    }
    if (m->column < TEXT_COLUMN) {
        read_prefix(m, byte);
    } else {
        keep_text(reply, seen);
        if (m->stage == SMTP_STAGE_EHLO)
            read_keyword(m, byte);
    }
    m->column++;
}

/* On to the reply of the next command that was written; false if there is none. */
static bool next_reply(struct smtp_monitor *m)
{
    if (m->pending_count == 0)
        return false;
    enum smtp_stage stage = m->pending[0];
    m->pending_count--;
    memmove(m->pending, m->pending + 1, m->pending_count * sizeof(m->pending[0]));
    m->before = stage;
    expect_reply(m, stage);
    return true;
}

/*
 * Bytes behind a complete reply: nobody asked for them, so nobody shall read them. `line` is where
 * the reply's last line starts in these bytes, -1 if it came before them.
 */
static bool spoil(struct smtp_monitor *m, char *bytes, size_t len, size_t extra, ptrdiff_t line)
{
    static const char no_tls[] = {'5', '5', '4'};
    memset(bytes + extra, 'X', len - extra);
    if (m->stage == SMTP_STAGE_QUIT)
        return true;
    if (m->stage != SMTP_STAGE_STARTTLS)
        return refuse(m, "the server answered more than it was asked");
    if (line >= 0)
        memcpy(bytes + line, no_tls, sizeof(no_tls));
    return refuse(m, "text was injected behind the answer to STARTTLS");
}

bool smtp_monitor_reading(struct smtp_monitor *m, char *bytes, size_t len)
{
    ptrdiff_t line = -1;
    for (size_t i = 0; i < len; i++) {
        if (m->replies[m->stage].whole && !next_reply(m))
            return spoil(m, bytes, len, i, line);
        if (m->column == 0)
            line = (ptrdiff_t)i;
        read_byte(m, &bytes[i]);
        if (m->bytes > REPLY_BYTES_MAX)
            return refuse(m, "the server's answer has no end");
    }
    return true;
}
