#include "letters/legal.h"

#include "base/attributes.h"
#include "base/text.h"
#include "cli/say.h"
#include "cli/say_format.h"

/* How law/finding.c puts a finding together. */
static const char *const shapes[] = {
    SAID("%s (%s): %%s (%s)"),
    SAID("%s (%s): %%s (cohort %%s) (%s)"),
    SAID("%s (%s): %%s; set aside by %%s: \"%%s\" (%s)"),
    SAID("%s (%s): %%s (cohort %%s); set aside by %%s: \"%%s\" (%s)"),
};

/* As it stands in a format. */
static void put_plain(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        buf_putc(out, *text);
        if (*text == '%')
            buf_putc(out, '%');
    }
}

static void put_shape(struct buf *out, const char *shape, const char *id, const char *about,
                      const char *source)
{
    struct format format;
    struct buf what = {0}, where = {0};
    put_plain(&what, about);
    put_plain(&where, source);
    const struct format_value values[] = {
        {.as.text = id}, {.as.text = buf_text(&what)}, {.as.text = buf_text(&where)}};
    if (format_read(shape, &format))
        format_put(out, &format, values);
    buf_free(&what);
    buf_free(&where);
}

struct learning {
    const struct invocation *inv;
};

static void learn_rule(void *context, const struct law_words *w)
{
    const struct learning *l = context;
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        struct buf english = {0}, said = {0};
        put_shape(&english, shapes[i], w->id, w->about, w->source);
        put_shape(&said, say_word(l->inv, shapes[i]), w->id, w->said_about, w->said_source);
        say_learn(l->inv, buf_text(&english), buf_text(&said));
        buf_free(&english);
        buf_free(&said);
    }
}

static void learn_text(void *context, const char *english, const char *said)
{
    const struct learning *l = context;
    struct buf from = {0}, to = {0};
    put_plain(&from, english);
    put_plain(&to, said);
    say_learn(l->inv, buf_text(&from), buf_text(&to));
    buf_free(&from);
    buf_free(&to);
}

int legal_load(const struct invocation *inv, const char *directory, struct problems *problems,
               struct law **out)
{
    const char *language = say_language();
    struct learning learning = {inv};
    int rc = law_load(directory, problems, out);
    if (rc == 0 && language != NULL)
        law_each_words(*out, language, learn_rule, learn_text, &learning);
    return rc;
}
