#include "model/proof.h"

#include <stdlib.h>
#include <string.h>

static void free_section(struct proof_section *s)
{
    free(s->id);
    free(s->heading);
    free(s->file);
    buf_free(&s->text);
    buf_free(&s->html);
}

void proof_free(struct proof *p)
{
    for (size_t i = 0; i < p->section_count; i++)
        free_section(&p->sections[i]);
    for (size_t i = 0; i < p->use_count; i++)
        free(p->uses[i].name);
    free(p->sections);
    free(p->uses);
    message_free(&p->message);
    *p = (struct proof){0};
}

const struct proof_section *proof_section(const struct proof *p, const char *id)
{
    for (size_t i = 0; i < p->section_count; i++)
        if (strcmp(p->sections[i].id, id) == 0)
            return &p->sections[i];
    return NULL;
}

/* "remedy.steps" is "remedy.steps" and belongs to "remedy", but not to "rem". */
static bool is_or_belongs_to(const char *name, const char *wanted)
{
    size_t len = strlen(wanted);
    return strncmp(name, wanted, len) == 0 && (name[len] == '\0' || name[len] == '.');
}

bool proof_uses(const struct proof *p, const char *name, const char *section)
{
    for (size_t i = 0; i < p->use_count; i++) {
        const struct proof_use *use = &p->uses[i];
        if (use->part == PROOF_BODY && is_or_belongs_to(use->name, name) &&
            (section == NULL || strcmp(p->sections[use->section].id, section) == 0))
            return true;
    }
    return false;
}
