#include "letters/check_gateways.h"

#include <stdlib.h>
#include <string.h>

#include "config/gateway_files.h"
#include "config/gateway_names.h"
#include "model/cause.h"

/* A problem is a line that begins with its place. */
static void tell_lines(struct check_scene *s, const struct error *why)
{
    const char *at = why->text;
    while (*at != '\0') {
        struct error line;
        size_t len = strcspn(at, "\n");
        error_set(&line, why->code, "%.*s", (int)len, at);
        problems_add_failure(&s->problems, &line, "gateway");
        at += len + (at[len] == '\n' ? 1 : 0);
    }
}

/* A word of its own is allowed, but nobody can be told what it means. Without one an answer has the
 * name of its class, which needs no sentence. */
static void check_causes(struct check_scene *s, const char *directory, const struct gateway *g)
{
    static const char *const classes[] = {"throttle", "transient", "permanent", "suppress",
                                          "uncertain"};
    struct buf file = {0};
    struct error why;
    buf_printf(&file, "%s/%s.yaml", directory, g->name);
    for (size_t i = 0; i < g->answer_count; i++) {
        const char *cause = g->answers[i].cause;
        bool is_class = cause == NULL;
        for (size_t k = 0; !is_class && k < COUNT_OF(classes); k++)
            is_class = strcmp(cause, classes[k]) == 0;
        struct place at = {buf_text(&file), g->answers[i].line, 1};
        if (!is_class && cause_check(cause, &why) != 0)
            problems_add_warning(&s->problems, &at, "gateway-cause", "%s", why.text);
    }
    buf_free(&file);
}

static bool holds_for(const struct gateway_predicate *p, int status)
{
    return p->status_to == 0 || (p->status_from <= status && status <= p->status_to);
}

/* Many gateways say in a 200 what went wrong: then a text that nobody gets counts as sent. */
static void check_blind_yes(struct check_scene *s, const char *directory, const struct gateway *g)
{
    struct buf file = {0};
    const struct gateway_predicate *first = NULL;
    for (size_t i = 0; first == NULL && i < g->answer_count; i++) {
        if (holds_for(&g->answers[i], 200))
            first = &g->answers[i];
    }
    buf_printf(&file, "%s/%s.yaml", directory, g->name);
    if (first != NULL && first->outcome == OUTCOME_DELIVERED && first->body_regex == NULL &&
        first->json_count == 0) {
        struct place at = {buf_text(&file), first->line, 1};
        problems_add_warning(&s->problems, &at, "gateway-answer",
                             "this takes any answer with status 200 for accepted, an error in its "
                             "body too: say what a good one holds (`json: /id, exists: true` or "
                             "`body_regex`), or put a line about errors before it");
    }
    buf_free(&file);
}

void check_gateway_file(struct check_scene *s, const char *directory, const char *name)
{
    struct gateway *gateway = NULL;
    struct error why;
    if (gateway_files_read(directory, name, &gateway, &why) != 0)
        tell_lines(s, &why);
    if (gateway != NULL) {
        check_causes(s, directory, gateway);
        check_blind_yes(s, directory, gateway);
    }
    gateway_free(gateway);
}

void check_gateways(struct check_scene *s)
{
    char **names;
    size_t count;
    gateway_names_list(s->settings->gateways, &names, &count);
    for (size_t i = 0; i < count; i++) {
        check_gateway_file(s, s->settings->gateways, names[i]);
        free(names[i]);
    }
    free(names);
}
