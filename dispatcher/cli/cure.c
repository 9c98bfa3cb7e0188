#include "cli/cure.h"

#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "cli/say.h"
#include "model/cause.h"

/* What can be done in a state, if nothing is said of the cause: the verb, and what comes first. */
static const struct way {
    const char *state;
    const char *verb;      /* NULL: none, it moves by itself or cannot be moved */
    bool names_state;      /* the verb moves such ones only if their state is named */
    const char *otherwise; /* if the cause has no cure */
} ways[] = {
    {"failed", "retry", false, ""},
    {"deferred", NULL, false, SAID("wait: it is tried again by itself")},
    {"held", "release", true, ""},
    {"suppressed", "retry", true, ""},
    {"expired", "retry", true, SAID("send a new notice if it still matters")},
    {"cancelled", "retry", true, ""},
    {"uncertain", "retry", true, SAID("look at the server or gateway whether it arrived")},
};

/* These causes do not tell whether it broke before the message was through, or behind it. */
#define WAIT_IN_DOUBT                                                                              \
    SAID("wait: it is tried again by itself; if it has arrived already, the person gets it twice")

/* Of one cause in one state it is something else. */
static const struct exception {
    const char *state, *cause, *verb, *first;
} exceptions[] = {
    {"deferred", "connection_lost", NULL, WAIT_IN_DOUBT},
    {"deferred", "timeout", NULL, WAIT_IN_DOUBT},
    {"deferred", "deadline", NULL, WAIT_IN_DOUBT},
    {"held", "endpoint_disabled", NULL, SAID("let it go on with dispatcher endpoint enable")},
    {"expired", "*", NULL, SAID("send a new notice if it still matters")},
    {"cancelled", "escalated", NULL, SAID("nothing: the next channel has it")},
    {"cancelled", "operator", NULL, SAID("nothing: an operator decided it")},
};

static const struct way *find_way(const char *state)
{
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        if (text_equal(ways[i].state, state))
            return &ways[i];
    }
    return NULL;
}

static const struct exception *find_exception(const struct cure_question *q)
{
    for (size_t i = 0; i < COUNT_OF(exceptions); i++) {
        if (text_equal(exceptions[i].state, q->state) &&
            text_matches_wildcard(exceptions[i].cause, q->cause))
            return &exceptions[i];
    }
    return NULL;
}

static bool is_plain(const char *word)
{
    return word[0] != '\0' &&
           word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "_-.,:/@%+=")] == '\0';
}

void cure_put_word(struct buf *out, const char *word)
{
    if (is_plain(word)) {
        buf_puts(out, word);
        return;
    }
    buf_putc(out, '\'');
    for (const char *p = word; *p != '\0'; p++) {
        if (*p == '\'')
            buf_puts(out, "'\\''");
        else
            buf_putc(out, *p);
    }
    buf_putc(out, '\'');
}

static void put_option(struct buf *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    buf_printf(out, " --%s ", name);
    cure_put_word(out, value);
}

/* What the command line has narrowed stays narrow. */
static void put_command(const struct invocation *inv, const struct cure_question *q,
                        const char *verb, bool names_state, struct buf *out)
{
    static const char *const kept[] = {"campaign", "batch",  "template",
                                       "locale",   "domain", "older-than"};
    buf_printf(out, "dispatcher %s", verb);
    if (q->id != NULL) {
        buf_putc(out, ' ');
        cure_put_word(out, q->id);
        return;
    }
    if (names_state || q->name_state || q->cause[0] == '\0')
        put_option(out, "state", q->state);
    put_option(out, "cause", q->cause[0] != '\0' ? q->cause : NULL);
    if (q->name_channel)
        put_option(out, "channel", q->channel);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        put_option(out, kept[i], option_value(inv, kept[i]));
}

void cure_find(const struct invocation *inv, const struct cure_question *q, struct cure *out)
{
    const struct way *way = find_way(q->state);
    const struct exception *exception = find_exception(q);
    const char *cure = cause_cure(q->cause);
    *out = (struct cure){.first = ""};
    if (way == NULL)
        return;
    out->first = cure != NULL && cure[0] != '\0' ? cure : way->otherwise;
    if (exception != NULL)
        out->first = exception->first;
    const char *verb = exception != NULL ? exception->verb : way->verb;
    if (verb != NULL && cause_helps_retry(q->cause))
        put_command(inv, q, verb, way->names_state, &out->command);
}

void cure_clear(struct cure *cure)
{
    buf_free(&cure->command);
}

void cure_put(const struct invocation *inv, const struct cure *cure, struct buf *out)
{
    if (cure->first[0] == '\0')
        buf_puts(out, buf_text(&cure->command));
    else if (cure->command.len == 0)
        buf_puts(out, say_word(inv, cure->first));
    else
        say_put(inv, out, "%s, then %s", say_word(inv, cure->first), buf_text(&cure->command));
}

void cure_put_meaning(const struct invocation *inv, const char *cause, struct buf *out)
{
    const char *meaning = cause_meaning(cause), *sentence = cause_sentence(cause);
    if (meaning == NULL || sentence == NULL)
        return;
    buf_puts(out, say_word(inv, meaning));
    buf_puts(out, say_word(inv, sentence + strlen(meaning)));
}
