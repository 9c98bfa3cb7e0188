#include "model/proof.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"

static void add_section(struct proof *p, const char *id)
{
    p->sections = xreallocarray(p->sections, p->section_count + 1, sizeof(*p->sections));
    p->sections[p->section_count++] = (struct proof_section){
        .id = xstrdup(id), .heading = xstrdup("Heading"), .file = xstrdup("de.md")};
    buf_puts(&p->sections[p->section_count - 1].text, "words");
    buf_puts(&p->sections[p->section_count - 1].html, "<p>words</p>");
}

static void add_use(struct proof *p, const char *name, enum proof_part part, size_t section)
{
    p->uses = xreallocarray(p->uses, p->use_count + 1, sizeof(*p->uses));
    p->uses[p->use_count++] =
        (struct proof_use){.name = xstrdup(name), .part = part, .section = section};
}

static void a_section_is_found_by_its_id(void **state)
{
    (void)state;
    struct proof p = {0};
    add_section(&p, "");
    add_section(&p, "nature");
    assert_ptr_equal(proof_section(&p, "nature"), &p.sections[1]);
    assert_ptr_equal(proof_section(&p, ""), &p.sections[0]);
    assert_null(proof_section(&p, "natur"));
    proof_free(&p);
}

static void a_use_counts_for_its_group_and_its_section(void **state)
{
    (void)state;
    struct proof p = {0};
    add_section(&p, "");
    add_section(&p, "rights");
    add_use(&p, "reference", PROOF_SUBJECT, 0);
    add_use(&p, "remedy.steps", PROOF_BODY, 1);
    assert_true(proof_uses(&p, "remedy.steps", NULL));
    assert_true(proof_uses(&p, "remedy", NULL));
    assert_true(proof_uses(&p, "remedy", "rights"));
    assert_false(proof_uses(&p, "remedy", ""));
    assert_false(proof_uses(&p, "rem", NULL));
    assert_false(proof_uses(&p, "remedy.step", NULL));
    assert_false(proof_uses(&p, "remedy.steps.first", NULL));
    assert_false(proof_uses(&p, "reference", NULL));
    proof_free(&p);
    assert_int_equal(p.section_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_section_is_found_by_its_id),
        cmocka_unit_test(a_use_counts_for_its_group_and_its_section),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
