#include "render/expression.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "render/filter.h"

/* A piece of the tag's text, outer blanks cut off. */
struct span {
    const char *text;
    size_t len;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct span trim(const char *from, const char *end)
{
    while (from < end && is_space(*from))
        from++;
    while (end > from && is_space(end[-1]))
        end--;
    return (struct span){from, (size_t)(end - from)};
}

/* The next piece up to a `|` outside double quotes. */
static struct span next_piece(const char **at, const char *end, bool *out_more)
{
    const char *from = *at, *p = from;
    bool quoted = false;
    for (; p < end && (quoted || *p != '|'); p++)
        if (*p == '"')
            quoted = !quoted;
    *out_more = p < end;
    *at = p < end ? p + 1 : p;
    return trim(from, p);
}

static bool name_char_ok(char c, bool letter)
{
    if (!letter)
        return true;
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

static int check_name(struct span name, const struct place *at, bool letter, struct error *err)
{
    for (size_t i = 0; i < name.len; i++)
        if (!name_char_ok(name.text[i], letter))
            return place_fail(
                at, ERR_CONFIG, err,
                "\"%.*s\" is not a name: names are made of letters a-z, digits, _ and -, "
                "with dots between them",
                (int)name.len, name.text);
    return 0;
}

static void add_part(struct expression *e, const char *text, size_t len)
{
    e->parts = xreallocarray(e->parts, e->part_count + 1, sizeof *e->parts);
    e->part_lens = xreallocarray(e->part_lens, e->part_count + 1, sizeof *e->part_lens);
    e->parts[e->part_count] = xstrndup(text, len);
    e->part_lens[e->part_count++] = len;
}

static int parse_name(struct expression *e, struct span name, const struct place *at, bool letter,
                      struct error *err)
{
    int rc = check_name(name, at, letter, err);
    e->name = xstrndup(name.text, name.len);
    if (rc < 0 || (name.len == 1 && *name.text == '.'))
        return rc;
    const char *end = name.text + name.len;
    for (const char *from = name.text;; from++) {
        const char *dot = memchr(from, '.', (size_t)(end - from));
        const char *stop = dot != NULL ? dot : end;
        if (stop == from)
            return place_fail(at, ERR_CONFIG, err,
                              "\"%.*s\" is not a name: something is missing beside a dot",
                              (int)name.len, name.text);
        if (e->part_count == EXPRESSION_PARTS_MAX)
            return place_fail(at, ERR_CONFIG, err, "a name may have at most %d parts",
                              EXPRESSION_PARTS_MAX);
        add_part(e, from, (size_t)(stop - from));
        if (dot == NULL)
            return 0;
        from = dot;
    }
}

static int fail_unknown(const char *name, const struct place *at, struct error *err)
{
    size_t count;
    const struct filter *table = filter_table(&count);
    const char **names = xcalloc(count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = table[i].name;
    const char *closest = text_closest(name, names, count);
    free(names);
    if (closest == NULL)
        return place_fail(at, ERR_CONFIG, err, "there is no filter \"%s\"", name);
    return place_fail(at, ERR_CONFIG, err, "there is no filter \"%s\"; did you mean \"%s\"?", name,
                      closest);
}

static int check_call(const struct filter_call *call, const struct place *at, struct error *err)
{
    const struct filter *f = call->filter;
    if (f->needs_argument && call->argument == NULL)
        return place_fail(at, ERR_CONFIG, err,
                          "the filter \"%s\" needs an argument: write | %s:...", f->name, f->name);
    if (call->argument != NULL && f->argument_ok != NULL && !f->argument_ok(call->argument))
        return place_fail(at, ERR_CONFIG, err, "the filter \"%s\" does not know \"%s\": %s",
                          f->name, call->argument, f->summary);
    return 0;
}

static int add_call(struct expression *e, struct span piece, const struct place *at,
                    struct error *err)
{
    if (e->call_count == EXPRESSION_FILTERS_MAX)
        return place_fail(at, ERR_CONFIG, err, "a tag may have at most %d filters",
                          EXPRESSION_FILTERS_MAX);
    const char *end = piece.text + piece.len;
    const char *colon = piece.len > 0 ? memchr(piece.text, ':', piece.len) : NULL;
    struct span name = trim(piece.text, colon != NULL ? colon : end);
    struct span argument = colon != NULL ? trim(colon + 1, end) : (struct span){NULL, 0};
    if (argument.len >= 2 && argument.text[0] == '"' && argument.text[argument.len - 1] == '"')
        argument = (struct span){argument.text + 1, argument.len - 2};
    char *filter_name = xstrndup(name.text, name.len);
    struct filter_call call = {.filter = filter_find(filter_name),
                               .is_default = strcmp(filter_name, "default") == 0};
    if (call.filter == NULL) {
        int rc = fail_unknown(filter_name, at, err);
        free(filter_name);
        return rc;
    }
    free(filter_name);
    if (colon != NULL)
        call.argument = xstrndup(argument.text, argument.len);
    e->calls = xreallocarray(e->calls, e->call_count + 1, sizeof *e->calls);
    e->calls[e->call_count++] = call;
    e->has_default = e->has_default || call.is_default;
    return check_call(&call, at, err);
}

int expression_parse(const char *text, size_t len, const struct place *at, bool letter,
                     struct expression **out, struct error *err)
{
    const char *p = text, *end = text + len;
    bool more;
    struct expression *e = xcalloc(1, sizeof *e);
    e->references = 1;
    *out = NULL;
    int rc = parse_name(e, next_piece(&p, end, &more), at, letter, err);
    while (rc == 0 && more)
        rc = add_call(e, next_piece(&p, end, &more), at, err);
    if (rc < 0) {
        expression_free(e);
        return rc;
    }
    *out = e;
    return 0;
}

int expression_parse_section(const char *text, size_t len, const struct place *at, bool letter,
                             struct expression **out, struct error *err)
{
    int rc = expression_parse(text, len, at, letter, out, err);
    if (rc < 0 || (*out)->call_count == 0)
        return rc;
    expression_free(*out);
    *out = NULL;
    return place_fail(at, ERR_CONFIG, err,
                      "filters change values, not sections: remove what stands behind the |");
}

struct expression *expression_hold(struct expression *e)
{
    e->references++;
    return e;
}

const char *expression_last_filter(const struct expression *e)
{
    return e->call_count > 0 ? e->calls[e->call_count - 1].filter->name : NULL;
}

void expression_free(struct expression *e)
{
    if (e == NULL || --e->references > 0)
        return;
    for (size_t i = 0; i < e->part_count; i++)
        free(e->parts[i]);
    for (size_t i = 0; i < e->call_count; i++)
        free(e->calls[i].argument);
    free(e->parts);
    free(e->part_lens);
    free(e->calls);
    free(e->name);
    free(e);
}
