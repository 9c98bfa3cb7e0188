#include "render/letter_lint.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "render/code.h"
#include "render/filter.h"
#include "render/josa.h"

#define ORDER_MAX   80 /* bytes of a note to the writer, with its brackets */
#define SUBJECT_MAX 78 /* RFC 5322 2.1.1: what a line should have at most */

/* ---- links ---- */

static bool host_allowed(const char *host, size_t len, const struct letter_options *o)
{
    for (size_t i = 0; i < o->links_allowed_count; i++)
        if (strlen(o->links_allowed[i]) == len && strncasecmp(o->links_allowed[i], host, len) == 0)
            return true;
    return false;
}

static const char host_characters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";

/* Nobody can see where these lead. */
static bool is_shortener(const char *host, size_t len)
{
    static const char *const hosts[] = {
        "bit.ly", "t.co",          "tinyurl.com", "goo.gl",    "ow.ly",   "is.gd",  "buff.ly",
        "t.ly",   "cutt.ly",       "rebrand.ly",  "tiny.cc",   "lnkd.in", "rb.gy",  "shorturl.at",
        "me2.do", "naver.me",      "vo.la",       "han.gl",    "url.kr",  "c11.kr", "buly.kr",
        "zrr.kr", "kurzelinks.de", "kko.to",      "linktr.ee", "dub.sh",  "v.gd",   "s.id",
    };
    for (size_t i = 0; i < COUNT_OF(hosts); i++)
        if (strlen(hosts[i]) == len && strncasecmp(hosts[i], host, len) == 0)
            return true;
    return false;
}

/* "bit.ly/3abc": without https:// a person still can type it, and a program make a link of it. */
static const char *find_bare_shortener(const char *text, size_t *out_len)
{
    for (const char *p = text; *p != '\0'; p += *out_len) {
        *out_len = strspn(p, host_characters);
        bool begins = p == text || strchr("/@", p[-1]) == NULL;
        if (*out_len > 0 && begins && p[*out_len] == '/' && is_shortener(p, *out_len))
            return p;
        *out_len = *out_len > 0 ? *out_len : 1;
    }
    return NULL;
}

/* `whole`: nothing but the host stands there, no tag and no user in front of an @. */
static void check_host(const struct place *at, const char *host, size_t len, bool whole,
                       const struct letter_options *o)
{
    if (!whole || len == 0)
        problems_add_error(o->problems, at, "link-host",
                           "write the host of this link out: a tag may stand behind it only");
    else if (is_shortener(host, len))
        problems_add_error(o->problems, at, "link-shortener",
                           "%.*s hides where the link leads: write the real address", (int)len,
                           host);
    else if (!o->any_host && !host_allowed(host, len, o))
        problems_add_error(
            o->problems, at, "link-host",
            "%.*s is not in links_allowed of template.yaml: add it there or remove the link",
            (int)len, host);
}

static void refuse_http(const struct place *at, const struct letter_options *o)
{
    problems_add_error(o->problems, at, "link-http", "links must begin with https://, not http://");
}

static void check_link_host(const struct node *link, const char *host,
                            const struct letter_options *o, const struct body *body)
{
    const char *start, *end;
    size_t len = strcspn(host, "/?#:");
    bool tag = body_find_tag(body, host, &start, &end) != BODY_NO_TAG && start < host + len;
    check_host(&link->place, host, len, !tag && memchr(host, '@', len) == NULL, o);
}

static void check_url(const struct node *link, const struct letter_options *o,
                      const struct body *body)
{
    const char *url = link->text;
    if (text_starts_with(url, "mailto:") || text_starts_with(url, "tel:"))
        return;
    if (text_starts_with(url, "https://"))
        check_link_host(link, url + strlen("https://"), o, body);
    else if (text_starts_with(url, "http://"))
        refuse_http(&link->place, o);
    else
        problems_add_error(o->problems, &link->place, "link-scheme",
                           "a link must begin with https://, mailto: or tel:");
}

static int columns_before(const char *text, const char *at)
{
    int columns = 0;
    for (; text < at; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

/* In running text a host ends where the words go on: "siehe https://www.example.org." */
static void check_written_host(const struct place *at, const char *host, bool tag_follows,
                               const struct letter_options *o)
{
    size_t len = strspn(host, host_characters), authority = strcspn(host, "/?# \t\n");
    bool tag = text_starts_with(host + len, "{{") || (host[len] == '\0' && tag_follows);
    bool user = memchr(host, '@', authority) != NULL;
    while (len > 0 && host[len - 1] == '.')
        len--;
    check_host(at, host, len, !tag && !user, o);
}

/* Most programs that show mail or text messages make a link of an address in the text, too. */
void lint_urls(const char *text, const struct place *at, bool tag_follows,
               const struct letter_options *options)
{
    const char *p = text;
    while ((p = strcasestr(p, "http")) != NULL) {
        struct place place = *at;
        place.column += columns_before(text, p);
        p += strlen("http");
        if (strncasecmp(p, "s://", 4) == 0)
            check_written_host(&place, p + 4, tag_follows, options);
        else if (text_starts_with(p, "://"))
            refuse_http(&place, options);
    }
    size_t len = 0;
    for (p = text; (p = find_bare_shortener(p, &len)) != NULL; p += len) {
        struct place place = *at;
        place.column += columns_before(text, p);
        check_host(&place, p, len, true, options);
    }
}

void lint_links(const struct node *n, const struct letter_options *options, const struct body *body)
{
    if (n->kind == NODE_TEXT)
        lint_urls(n->text, &n->place, n->next != NULL && n->next->kind == NODE_TAG, options);
    if (n->kind == NODE_LINK) {
        check_url(n, options, body);
        return; /* its words may be its address */
    }
    for (const struct node *child = n->first; child != NULL; child = child->next)
        lint_links(child, options, body);
}

/* ---- words ---- */

/* A particle may stand behind a word: OOO님, TODO를. */
static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The line under the head of a table, `| --- | :-: |`: Markdown as letters know it has none. */
static bool is_table_rule(const char *text, size_t len)
{
    bool bar = memchr(text, '|', len) != NULL;
    return bar && len >= 3 && memmem(text, len, "--", 2) != NULL && strspn(text, "|-: \t") >= len;
}

static void tell_unwritten(const char *text, const char *found, size_t len, const struct place *at,
                           struct problems *problems)
{
    struct place place = *at;
    place.column += columns_before(text, found);
    problems_add_error(problems, &place, "placeholder-text", "\"%.*s\" is still to be written",
                       (int)len, found);
}

/* In round brackets people say much: there it must be all. */
static bool is_order(const char *bracketed, const char *order)
{
    const char *found = strcasestr(bracketed, order);
    if (found == NULL)
        return false;
    bool first = found == bracketed + 1;
    char behind = found[strlen(order)];
    if (*bracketed == '(')
        return first && behind == ')';
    return first || (found[-1] == ' ' && (behind == ' ' || behind == ']'));
}

/* "[Datum einfügen]", "(작성 예정)": what stands between brackets is an order to the writer. */
static void find_orders(const char *text, size_t len, const struct place *at,
                        struct problems *problems)
{
    static const char *const orders[] = {
        "einfügen",  "eintragen", "ergänzen",  "einsetzen", "insert ",
        "fill in",   "날짜 입력", "이름 입력", "내용 입력", "금액 입력",
        "기재 예정", "작성 예정", "추후 작성", "추가 예정", "추후 작성 예정",
    };
    for (const char *p = text, *end = text + len; p < end; p++) {
        char closer = *p == '[' ? ']' : ')';
        const char *close = *p == '[' || *p == '(' ? memchr(p, closer, (size_t)(end - p)) : NULL;
        bool link = close != NULL && *p == '[' && close + 1 < end && close[1] == '(';
        size_t own = close != NULL ? (size_t)(close - p) + 1 : 0;
        if (close == NULL || link || own > ORDER_MAX)
            continue;
        char *words = xstrndup(p, own);
        bool told = false;
        for (size_t i = 0; i < COUNT_OF(orders) && !told; i++) {
            told = is_order(words, orders[i]);
            if (told)
                tell_unwritten(text, p, own, at, problems);
        }
        free(words);
        p = close;
    }
}

void lint_line(const char *text, size_t len, const struct place *at, struct problems *problems)
{
    static const char *const words[] = {"TODO",   "FIXME",  "XXX",      "TBD",     "Lorem ipsum",
                                        "[Name]", "[name]", "[Firma]",  "[Datum]", "[date]",
                                        "[Date]", "[이름]", "[회사명]", "[날짜]",  "OOO",
                                        "○○○",    "ㅇㅇㅇ"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        size_t word_len = strlen(words[i]);
        const char *found = memmem(text, len, words[i], word_len);
        bool latin = (unsigned char)words[i][0] < 0x80 && words[i][0] != '[';
        if (found != NULL &&
            !(latin && ((found > text && is_word_char(found[-1])) ||
                        (found + word_len < text + len && is_word_char(found[word_len])))))
            tell_unwritten(text, found, word_len, at, problems);
    }
    find_orders(text, len, at, problems);
    if (is_table_rule(text, len))
        problems_add_error(problems, at, "table", "letters have no tables: write a list");
}

/* ---- particles ---- */

/* As it is written in the tag, without a josa it may have had. */
static void put_expression(struct buf *out, const struct expression *e)
{
    buf_puts(out, e->name);
    for (size_t i = 0; i < e->call_count; i++) {
        const struct filter_call *call = &e->calls[i];
        const char *quote = call->is_default ? "\"" : "";
        if (strcmp(call->filter->name, "josa") == 0)
            continue;
        buf_printf(out, " | %s", call->filter->name);
        if (call->argument != NULL)
            buf_printf(out, ":%s%s%s", quote, call->argument, quote);
    }
}

/* The length of the quotation mark there, 0 if there is none. Behind a bracket the particle is that
 * of the word before it. */
static size_t closing_quote(const char *text, size_t len)
{
    static const char *const quotes[] = {"’", "”", "'", "\"", "」", "』", "》", "〉"};
    for (size_t i = 0; i < COUNT_OF(quotes); i++)
        if (strlen(quotes[i]) <= len && memcmp(text, quotes[i], strlen(quotes[i])) == 0)
            return strlen(quotes[i]);
    return 0;
}

static void check_particles(const struct program *p, struct problems *problems)
{
    for (size_t i = 0; i + 1 < p->count; i++) {
        const struct instruction *value = &p->code[i], *text = value + 1;
        struct buf pair = {0}, tag = {0};
        if (value->op != OP_VALUE || text->op != OP_TEXT)
            continue;
        size_t quote = closing_quote(text->text, text->len);
        if (!josa_find_written(text->text + quote, text->len - quote, &pair))
            continue;
        put_expression(&tag, value->expression);
        problems_add_error(problems, &value->place, "ko-josa",
                           "a particle stands behind a value, which may end in another sound: "
                           "write {{%s | josa:%s}}%s",
                           buf_text(&tag), buf_text(&pair), quote > 0 ? " without the quotes" : "");
        buf_free(&tag);
        buf_free(&pair);
    }
}

static bool has_josa(const struct expression *e)
{
    for (size_t i = 0; i < e->call_count; i++)
        if (strcmp(e->calls[i].filter->name, "josa") == 0)
            return true;
    return false;
}

static void refuse_josa(const struct program *p, struct problems *problems)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct instruction *value = &p->code[i];
        if (value->op != OP_VALUE || !has_josa(value->expression))
            continue;
        struct buf tag = {0};
        put_expression(&tag, value->expression);
        problems_add_error(problems, &value->place, "josa-language",
                           "particles are Korean and this letter is not: write {{%s}}",
                           buf_text(&tag));
        buf_free(&tag);
    }
}

static void check_subject(const struct letter *letter, struct problems *problems)
{
    const struct program *p = letter->parts[LETTER_SUBJECT];
    size_t characters = 0;
    const struct place *at = NULL;
    for (size_t i = 0; p != NULL && i < p->count; i++) {
        const struct instruction *text = &p->code[i];
        if (text->op == OP_TEXT)
            characters += (size_t)columns_before(text->text, text->text + text->len);
        at = at == NULL && text->place.file != NULL ? &text->place : at;
    }
    struct place file = {letter->file, 1, 1};
    if (characters > SUBJECT_MAX)
        problems_add_warning(
            problems, at != NULL ? at : &file, "subject-length",
            "the subject has %zu characters without its values; more than %d are often cut",
            characters, SUBJECT_MAX);
}

void lint_parts(const struct letter *letter, struct problems *problems)
{
    bool korean = text_equal(letter->locale, "ko") || text_starts_with(letter->locale, "ko-");
    for (int part = 0; part < LETTER_PARTS; part++) {
        if (letter->parts[part] == NULL || part == LETTER_TEXT) /* it has the tags of LETTER_HTML */
            continue;
        if (korean)
            check_particles(letter->parts[part], problems);
        else
            refuse_josa(letter->parts[part], problems);
    }
    check_subject(letter, problems);
}
