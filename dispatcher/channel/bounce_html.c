#include "channel/bounce_html.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/text.h"

#define ENTITY_MAX 10

/* Tags that end a line. */
static const char *const blocks[] = {"br", "p",  "div", "tr",    "td", "th", "li",
                                     "h1", "h2", "h3",  "table", "ul", "dd", "dt"};
/* Elements whose content is no text. */
static const char *const silent[] = {"style", "script", "title"};

static size_t name_length(const char *tag, size_t len)
{
    size_t at = 0;
    while (at < len && ((tag[at] >= 'a' && tag[at] <= 'z') || (tag[at] >= 'A' && tag[at] <= 'Z') ||
                        (tag[at] >= '0' && tag[at] <= '9')))
        at++;
    return at;
}

static const char *find_name(const char *const *names, size_t count, const char *tag, size_t len)
{
    size_t own = name_length(tag, len);
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == own && strncasecmp(names[i], tag, own) == 0)
            return names[i];
    return NULL;
}

/* Behind the next `end`, or the end of the text. */
static const char *skip_to(const char *at, const char *stop, const char *end)
{
    const char *found = memmem(at, (size_t)(stop - at), end, strlen(end));
    return found != NULL ? found + strlen(end) : stop;
}

/* Behind the end tag of a silent element. */
static const char *skip_element(const char *at, const char *stop, const char *name)
{
    size_t len = strlen(name);
    while ((at = skip_to(at, stop, "</")) < stop)
        if ((size_t)(stop - at) >= len && strncasecmp(at, name, len) == 0)
            return skip_to(at, stop, ">");
    return stop;
}

/* `at` is behind the <. */
static const char *put_tag(const char *at, const char *stop, struct buf *out)
{
    if (stop - at >= 3 && memcmp(at, "!--", 3) == 0)
        return skip_to(at + 3, stop, "-->");
    const char *name = at < stop && *at == '/' ? at + 1 : at;
    const char *mute = find_name(silent, COUNT_OF(silent), at, (size_t)(stop - at));
    if (find_name(blocks, COUNT_OF(blocks), name, (size_t)(stop - name)) != NULL)
        buf_putc(out, '\n');
    at = skip_to(at, stop, ">");
    return mute != NULL ? skip_element(at, stop, mute) : at;
}

static uint32_t code_point_of(const char *name)
{
    static const struct {
        const char *name;
        uint32_t code_point;
    } entities[] = {
        {"lt", '<'},    {"gt", '>'},     {"amp", '&'},   {"quot", '"'},  {"nbsp", ' '},
        {"auml", 0xe4}, {"ouml", 0xf6},  {"uuml", 0xfc}, {"Auml", 0xc4}, {"Ouml", 0xd6},
        {"Uuml", 0xdc}, {"szlig", 0xdf}, {"apos", '\''},
    };
    for (size_t i = 0; i < COUNT_OF(entities); i++)
        if (strcmp(entities[i].name, name) == 0)
            return entities[i].code_point;
    if (name[0] != '#')
        return 0;
    bool hex = name[1] == 'x' || name[1] == 'X';
    unsigned long value = strtoul(name + 1 + hex, NULL, hex ? 16 : 10);
    bool sound = value >= ' ' && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
    return sound ? (uint32_t)value : 0;
}

/* `at` is behind the &. */
static const char *put_entity(const char *at, const char *stop, struct buf *out)
{
    char name[ENTITY_MAX + 1];
    size_t len = 0;
    while (len < ENTITY_MAX && at + len < stop && at[len] != ';' && at[len] > ' ')
        len++;
    memcpy(name, at, len);
    name[len] = '\0';
    uint32_t code_point = at + len < stop && at[len] == ';' ? code_point_of(name) : 0;
    if (code_point == 0) {
        buf_putc(out, '&');
        return at;
    }
    utf8_put(out, code_point);
    return at + len + 1;
}

void bounce_html_put_text(const struct buf *html, struct buf *out)
{
    const char *at = buf_text(html), *stop = at + html->len;
    while (at < stop) {
        if (*at == '<')
            at = put_tag(at + 1, stop, out);
        else if (*at == '&')
            at = put_entity(at + 1, stop, out);
        else
            buf_putc(out, *at++);
    }
}
