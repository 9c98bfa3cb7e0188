#include "render/lint_letter.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"

const struct yaml_node *lint_list(const struct lint_letter *l, const char *key)
{
    struct buf name = {0};
    buf_printf(&name, "lint.%s", key);
    const struct yaml_node *list = locale_list(l->locale, buf_text(&name));
    buf_free(&name);
    return list;
}

bool lint_is_breach(const struct lint_letter *l)
{
    return text_equal(l->category, "breach_notice");
}

bool lint_unit_is(const struct unit *unit, const char *id)
{
    return strcmp(unit->section, id) == 0;
}

void lint_letter(const struct lint_letter *l)
{
    lint_tone(l);
    lint_sentences(l);
    lint_facts(l);
}
