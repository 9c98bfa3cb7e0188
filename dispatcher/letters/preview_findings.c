#include "letters/preview_findings.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "law/law.h"
#include "letters/check_case.h"
#include "letters/check_letter.h"
#include "letters/legal.h"
#include "letters/preview.h"
#include "render/fixtures.h"
#include "render/library_look.h"

/* ---- gathering ---- */

/* Cuts ":12:5" off a position; returns the line, 0 if there is none. */
static int cut_line(char *position)
{
    int64_t numbers[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        char *last = strrchr(position, ':');
        if (last == NULL || !text_parse_int(last + 1, &numbers[i]))
            return 0;
        *last = '\0';
    }
    return (int)numbers[1];
}

void preview_findings_take(void *context, const struct problem *p)
{
    struct preview_findings *f = context;
    f->items = xreallocarray(f->items, f->count + 1, sizeof(*f->items));
    struct preview_finding *own = &f->items[f->count++];
    *own = (struct preview_finding){.level = p->level,
                                    .file = xstrdup(p->position),
                                    .position = xstrdup(p->position),
                                    .text = xstrdup(p->text),
                                    .rule = xstrdup(p->rule)};
    own->line = cut_line(own->file);
}

static void free_finding(struct preview_finding *f)
{
    free(f->file);
    free(f->position);
    free(f->text);
    free(f->rule);
}

static bool is_within(const char *file, const char *directory)
{
    size_t len = strlen(directory);
    return strncmp(file, directory, len) == 0 && file[len] == '/';
}

static bool is_shared(const char *file)
{
    return strstr(file, "/_partials/") != NULL || strstr(file, "/_layouts/") != NULL;
}

void preview_findings_keep(struct preview_findings *f, const char *directory)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (is_within(f->items[i].file, directory) || is_shared(f->items[i].file))
            f->items[kept++] = f->items[i];
        else
            free_finding(&f->items[i]);
    }
    f->count = kept;
}

size_t preview_findings_count(const struct preview_findings *f, enum problem_level level)
{
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++)
        count += f->items[i].level == level ? 1 : 0;
    return count;
}

void preview_findings_free(struct preview_findings *f)
{
    for (size_t i = 0; i < f->count; i++)
        free_finding(&f->items[i]);
    free(f->items);
    *f = (struct preview_findings){0};
}

/* ---- law ---- */

/* A possibility notice is about what is possible, an all-clear about what is refuted. */
static enum certainty certainty_of(enum notice_kind kind)
{
    if (kind == NOTICE_POSSIBILITY)
        return CERTAINTY_POSSIBLE;
    return kind == NOTICE_ALL_CLEAR ? CERTAINTY_REFUTED : CERTAINTY_CONFIRMED;
}

static void set_case(struct law_case *c, const struct library_notice *n)
{
    if (n->kind == NULL || !notice_kind_parse(n->kind, &c->kind))
        c->kind = NOTICE_NONE;
    c->certainty = certainty_of(c->kind);
    c->category = n->category;
    c->file = n->file;
    c->rulesets = n->legal;
    c->ruleset_count = n->legal_count;
    c->channels = n->channels;
}

/* The letter as it is shown, held to the rule sets it names. */
static void judge(struct preview *p, const struct library_notice *n, struct check_scene *scene)
{
    struct check_case *c = check_case_begin(scene, p->tag_count);
    const struct place at = {n->file, 0, 0};
    bool whole = true;
    set_case(&c->law, n);
    for (size_t i = 0; whole && i < p->tag_count; i++) {
        const struct law_text text = {.locale = p->tags[i]};
        whole = check_case_add(scene, c, p->template_index, &text,
                               job_copy(preview_job(p, p->tags[i])), &at);
    }
    if (whole)
        check_case_judge(scene, c);
}

/* What `check` says of the letter with these facts. */
static void judge_with_facts(struct preview *p, struct check_scene *scene)
{
    struct error err;
    const struct place at = {option_value(p->inv, "facts"), 0, 0};
    if (check_letter_with_facts(scene, p->name, &err) != 0)
        problems_add_error(&scene->problems, &at, "facts", "%s", err.text);
}

/* What the preview lent it stays open. */
static void close_scene(struct check_scene *scene)
{
    scene->settings = NULL;
    scene->library = NULL;
    scene->renderer = NULL;
    check_scene_close(scene);
}

void preview_findings_check(struct preview *p)
{
    struct check_scene scene = {
        .report = {.inv = p->inv, .brief = true},
        .problems = {.tell = preview_findings_take, .context = &p->findings},
        .settings = p->setup->settings,
        .library = p->setup->library,
        .renderer = p->renderer,
        .now_ms = clock_wall_ms()};
    struct library_notice notice;
    library_template_notice(p->setup->library, p->template_index, &notice);
    fixtures_check(p->setup->library, preview_findings_take, &p->findings);
    preview_findings_keep(&p->findings,
                          library_template_directory(p->setup->library, (size_t)p->template_index));
    bool facts = option_given(p->inv, "facts");
    if ((facts || notice.legal_count > 0) &&
        legal_load(p->inv, p->setup->settings->law, &scene.problems, &scene.law) != 0)
        scene.law = NULL;
    if (facts)
        judge_with_facts(p, &scene);
    else if (scene.law != NULL)
        judge(p, &notice, &scene);
    close_scene(&scene);
}
