#include "letters/check_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "base/file.h"
#include "campaign/campaign_read.h"
#include "cli/say.h"
#include "config/config.h"
#include "letters/check_case.h"
#include "letters/legal.h"
#include "render/library_look.h"
#include "render/template.h"

/* A problem of a neighbour of the template that is asked about. Partials and the layout are
 * everybody's. */
static bool is_neighbour(const struct check_scene *s, const char *position)
{
    const char *root = s->settings != NULL ? s->settings->templates : NULL;
    if (s->only == NULL || root == NULL || strncmp(position, root, strlen(root)) != 0)
        return false;
    if (position[strlen(root)] != '/' || position[strlen(root) + 1] == '_')
        return false;
    size_t len = strlen(s->only);
    bool same = strncmp(position, s->only, len) == 0;
    return !same || (position[len] != '\0' && position[len] != '/' && position[len] != ':');
}

/* ---- drafts ---- */

static struct draft_count *find_draft(struct check_scene *s, const char *name, size_t len)
{
    for (size_t i = 0; i < s->draft_count; i++) {
        if (strlen(s->drafts[i].name) == len && memcmp(s->drafts[i].name, name, len) == 0)
            return &s->drafts[i];
    }
    return NULL;
}

static struct draft_count *add_draft(struct check_scene *s, const char *name, size_t len)
{
    s->drafts = xreallocarray(s->drafts, s->draft_count + 1, sizeof(*s->drafts));
    struct draft_count *d = &s->drafts[s->draft_count++];
    *d = (struct draft_count){.name = xstrndup(name, len)};
    char *directory = file_join(s->settings->templates, d->name);
    d->draft = template_is_draft(directory);
    free(directory);
    return d;
}

/* What is wrong with a draft nobody asked about is counted: it is not finished, and says so. */
static bool counts_for_draft(struct check_scene *s, const struct problem *p)
{
    const char *root = s->settings != NULL ? s->settings->templates : "";
    size_t len = strlen(root);
    if (s->only != NULL || len == 0 || strncmp(p->position, root, len) != 0 ||
        p->position[len] != '/' || p->position[len + 1] == '_')
        return false;
    const char *name = p->position + len + 1, *slash = strchr(name, '/');
    size_t name_len = slash != NULL ? (size_t)(slash - name) : strlen(name);
    struct draft_count *d = find_draft(s, name, name_len);
    if (d == NULL)
        d = add_draft(s, name, name_len);
    d->mistakes += p->level == PROBLEM_ERROR ? 1 : 0;
    return d->draft;
}

void check_scene_tell_drafts(struct check_scene *s)
{
    size_t count = s->library != NULL ? library_draft_count(s->library) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = library_draft_name(s->library, i);
        const struct draft_count *d = find_draft(s, name, strlen(name));
        size_t mistakes = d != NULL ? d->mistakes : 0;
        char *directory = file_join(s->settings->templates, name), text[300];
        snprintf(text, sizeof(text), "%s is a draft with %zu %s", name, mistakes,
                 mistakes == 1 ? "mistake" : "mistakes");
        const struct problem p = {PROBLEM_HINT, directory, text, "draft"};
        check_report_problem(&s->report, &p);
        free(directory);
    }
}

/* ---- problems ---- */

static void tell(void *context, const struct problem *p)
{
    struct check_scene *s = context;
    size_t errors = s->report.errors;
    if (is_neighbour(s, p->position) || counts_for_draft(s, p))
        return;
    check_report_problem(&s->report, p);
    /* A notice that is late must not become later still because a check says no. */
    if (p->level == PROBLEM_ERROR && s->law != NULL && law_never_blocks(s->law, p->rule)) {
        s->report.late++;
        s->report.errors = errors;
    }
}

static int read_time(const struct invocation *inv, int64_t *out, struct error *err)
{
    const char *text = option_value(inv, "at");
    *out = clock_wall_ms();
    if (text == NULL || clock_parse_rfc3339(text, out))
        return 0;
    return error_set(err, ERR_USAGE,
                     "--at must be a time with its offset, like 2026-11-24T14:30:00+09:00, not "
                     "\"%s\"",
                     text);
}

static void load_law(struct check_scene *s)
{
    struct stat facts;
    struct place at = {s->settings->law, 0, 0};
    if (stat(s->settings->law, &facts) != 0) {
        problems_add(&s->problems, PROBLEM_HINT, &at, "law",
                     "there are no rules of law here (`law` in the configuration): nothing is "
                     "judged by them");
        return;
    }
    /* What is wrong was told; the rules that could be read are there. */
    if (legal_load(s->report.inv, s->settings->law, &s->problems, &s->law) != 0)
        s->law = NULL;
}

static int open_scene(const struct invocation *inv, bool brief, struct check_scene *out,
                      struct error *err)
{
    struct config_options options = *invocation_config(inv);
    *out = (struct check_scene){.report = {.inv = inv, .brief = brief}};
    out->problems = (struct problems){.tell = tell, .context = out};
    options.without_secrets = brief || option_given(inv, "no-environment");
    int rc = read_time(inv, &out->now_ms, err);
    if (rc != 0)
        return rc;
    options.today = out->now_ms / 86400000;
    rc = config_load(&options, &out->settings, err);
    if (rc == ERR_CONFIG) {
        check_report_failure(&out->report, err);
        return 0;
    }
    if (rc == 0)
        load_law(out);
    return rc;
}

int check_scene_open(const struct invocation *inv, struct check_scene *out, struct error *err)
{
    return open_scene(inv, false, out, err);
}

int check_scene_open_brief(const struct invocation *inv, struct check_scene *out, struct error *err)
{
    return open_scene(inv, true, out, err);
}

int check_scene_load_letters(struct check_scene *s, struct error *err)
{
    const struct library_options options = {
        .templates = s->settings->templates,
        .locales = s->settings->locales,
        .default_zone = s->settings->timezone,
        .organisation = &s->settings->organisation,
        .problem = tell,
        .problem_context = s,
    };
    int rc = library_load(&options, &s->library, err);
    if (rc == 0)
        rc = renderer_open(s->library, &s->renderer, err);
    return rc != 0 && s->report.errors > 0 ? 0 : rc; /* told already, one by one */
}

static void tell_nobody(void *context UNUSED, const struct problem *p UNUSED)
{
}

/* NULL: nobody can say. Caller frees. */
static char *find_letter(const struct check_scene *s, const char *path)
{
    struct problems quiet = {.tell = tell_nobody};
    struct campaign *c = NULL;
    char *directory = NULL;
    if (campaign_read(path, &quiet, &c) == 0 && c->template_name != NULL)
        directory = file_join(s->settings->templates, c->template_name);
    campaign_free(c);
    return directory;
}

int check_scene_load_letter_of(struct check_scene *s, const char *campaign, struct error *err)
{
    char *directory = find_letter(s, campaign);
    s->only = directory;
    int rc = check_scene_load_letters(s, err);
    s->only = NULL;
    free(directory);
    return rc;
}

void check_scene_unload_letters(struct check_scene *s)
{
    for (size_t i = 0; i < s->case_count; i++)
        check_case_free(s->cases[i]);
    s->case_count = 0;
    renderer_close(s->renderer);
    library_free(s->library);
    s->renderer = NULL;
    s->library = NULL;
}

void check_scene_keep(struct check_scene *s, struct campaign *c, struct fact_sheet *sheet)
{
    s->campaigns = xreallocarray(s->campaigns, s->campaign_count + 1, sizeof(struct campaign *));
    s->campaigns[s->campaign_count++] = c;
    s->sheets = xreallocarray(s->sheets, s->sheet_count + 1, sizeof(struct fact_sheet *));
    s->sheets[s->sheet_count++] = sheet;
}

void check_scene_print_footer(const struct check_scene *s)
{
    struct buf line = {0}, said = {0};
    if (s->law == NULL || s->case_count == 0 || invocation_json(s->report.inv))
        return;
    struct law_case *cases = xcalloc(s->case_count, sizeof(*cases));
    for (size_t i = 0; i < s->case_count; i++)
        cases[i] = s->cases[i]->law;
    law_put_footer(s->law, cases, s->case_count, &line);
    say_put_error(&said, buf_text(&line));
    printf("%s\n", buf_text(&said));
    buf_free(&line);
    buf_free(&said);
    free(cases);
}

void check_scene_close(struct check_scene *s)
{
    for (size_t i = 0; i < s->case_count; i++)
        check_case_free(s->cases[i]);
    free(s->cases);
    for (size_t i = 0; i < s->campaign_count; i++)
        campaign_free(s->campaigns[i]);
    free(s->campaigns);
    for (size_t i = 0; i < s->sheet_count; i++)
        fact_sheet_free(s->sheets[i]);
    free(s->sheets);
    for (size_t i = 0; i < s->draft_count; i++)
        free(s->drafts[i].name);
    free(s->drafts);
    law_free(s->law);
    renderer_close(s->renderer);
    library_free(s->library);
    if (s->settings != NULL)
        settings_free(s->settings);
    free(s->settings);
}
