#include "operator/preview_findings.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "law/law.h"
#include "operator/preview.h"
#include "render/fixtures.h"

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

static void set_texts(const struct preview *p, const struct proof *proofs, struct law_text *out)
{
    for (size_t i = 0; i < p->tag_count; i++)
        out[i] = (struct law_text){.locale = p->tags[i],
                                   .file = proofs[i].section_count > 0 ? proofs[i].sections[0].file
                                                                       : p->tags[i],
                                   .facts = p->job->data,
                                   .proof = &proofs[i]};
}

static void set_channels(const struct preview *p, bool out[CHANNEL_KINDS])
{
    for (int kind = 0; kind < CHANNEL_KINDS; kind++)
        out[kind] = library_has_part(p->setup->library, p->template_index, p->tags[0],
                                     (enum channel_kind)kind);
}

/* `legal`: the list of template.yaml, not empty. */
static void judge(const struct preview *p, const struct proof *proofs, const struct law *law,
                  const struct yaml_node *root, const char *file, struct problems *problems)
{
    const struct yaml_node *legal = yaml_get(root, "legal");
    const char **sets = xcalloc(legal->count, sizeof(*sets));
    struct law_text *texts = xcalloc(p->tag_count, sizeof(*texts));
    bool channels[CHANNEL_KINDS];
    const char *kind = yaml_text(root, "kind");
    struct law_case c = {.certainty = CERTAINTY_CONFIRMED,
                         .category = yaml_text(root, "category"),
                         .file = file,
                         .rulesets = sets,
                         .ruleset_count = legal->count,
                         .channels = channels,
                         .now_ms = clock_wall_ms(),
                         .texts = texts,
                         .text_count = p->tag_count};
    for (size_t i = 0; i < legal->count; i++)
        sets[i] = legal->items[i]->text != NULL ? legal->items[i]->text : "";
    if (kind == NULL || !notice_kind_parse(kind, &c.kind))
        c.kind = NOTICE_NONE;
    if (c.kind == NOTICE_POSSIBILITY)
        c.certainty = CERTAINTY_POSSIBLE;
    else if (c.kind == NOTICE_ALL_CLEAR)
        c.certainty = CERTAINTY_REFUTED;
    set_channels(p, channels);
    set_texts(p, proofs, texts);
    law_check(law, &c, problems);
    free(texts);
    free(sets);
}

static void check_law(const struct preview *p, const struct proof *proofs, const char *directory,
                      struct problems *problems)
{
    char *file = file_join(directory, "template.yaml");
    struct yaml_node *root = NULL;
    struct law *law = NULL;
    const struct yaml_node *legal = NULL;
    if (yaml_load(file, &root, NULL) == 0)
        legal = yaml_get(root, "legal");
    if (legal != NULL && legal->kind == YAML_LIST && legal->count > 0 &&
        law_load(p->setup->settings->law, problems, &law) == 0)
        judge(p, proofs, law, root, file, problems);
    law_free(law);
    yaml_free(root);
    free(file);
}

void preview_findings_check(struct preview *p, const struct proof *proofs)
{
    struct problems problems = {.tell = preview_findings_take, .context = &p->findings};
    const char *directory =
        library_template_directory(p->setup->library, (size_t)p->template_index);
    fixtures_check(p->setup->library, preview_findings_take, &p->findings);
    preview_findings_keep(&p->findings, directory);
    check_law(p, proofs, directory, &problems);
}
