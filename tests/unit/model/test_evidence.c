#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "model/evidence.h"

#define ROWS 40

/* A chain as lines that can be moved about. */
struct file {
    char *lines[ROWS + 4]; /* without line ends */
    size_t count;
    char head[DIGEST_HEX_SIZE];
};

static json_t *make_row(int64_t number)
{
    json_t *row = json_object();
    json_object_set_new(row, "id", json_sprintf("recall_c%d", (int)number));
    json_object_set_new(row, "state", json_string("delivered"));
    json_object_set_new(row, "reply", json_string("250 2.0.0 받았습니다 \x01 \"ok\""));
    return row;
}

static void write_file(struct file *f)
{
    struct evidence_chain chain;
    *f = (struct file){0};
    evidence_begin(&chain);
    for (int64_t i = 1; i <= ROWS; i++) {
        struct buf line = {0};
        json_t *row = make_row(i);
        evidence_put_row(&chain, row, &line);
        json_decref(row);
        buf_truncate(&line, line.len - 1);
        f->lines[f->count++] = buf_steal(&line);
    }
    memcpy(f->head, chain.head, sizeof(f->head));
}

static void free_file(struct file *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->lines[i]);
}

static void insert(struct file *f, size_t at, char *line)
{
    memmove(&f->lines[at + 1], &f->lines[at], (f->count - at) * sizeof(f->lines[0]));
    f->lines[at] = line;
    f->count++;
}

static void drop(struct file *f, size_t at)
{
    free(f->lines[at]);
    f->count--;
    memmove(&f->lines[at], &f->lines[at + 1], (f->count - at) * sizeof(f->lines[0]));
}

static void swap(struct file *f, size_t a, size_t b)
{
    char *line = f->lines[a];
    f->lines[a] = f->lines[b];
    f->lines[b] = line;
}

/* The row made anew with another content, sound in itself. */
static void rewrite(struct file *f, size_t at)
{
    struct evidence_line was;
    struct buf line = {0};
    char hash[DIGEST_HEX_SIZE];
    evidence_read_line(f->lines[at], strlen(f->lines[at]), &was);
    assert_true(was.sound);
    json_object_set_new(was.root, "state", json_string("failed"));
    json_object_del(was.root, "hash");
    evidence_put_sealed(was.root, &line, hash);
    evidence_line_clear(&was);
    free(f->lines[at]);
    f->lines[at] = buf_steal(&line);
}

struct findings {
    struct evidence_finding all[2 * ROWS];
    size_t count;
};

static void keep(void *context, const struct evidence_finding *finding)
{
    struct findings *f = context;
    assert_true(f->count < COUNT_OF(f->all));
    f->all[f->count++] = *finding;
}

static void check_of(const struct file *f, int64_t total, const char *head, struct findings *out)
{
    struct evidence_check check;
    *out = (struct findings){0};
    evidence_check_begin(&check, total, keep, out);
    for (size_t i = 0; i < f->count; i++) {
        struct evidence_line line;
        evidence_read_line(f->lines[i], strlen(f->lines[i]), &line);
        evidence_check_line(&check, &line);
        evidence_line_clear(&line);
    }
    evidence_check_end(&check, head);
    assert_true(check.faults == (int64_t)out->count);
}

static void check_all(const struct file *f, struct findings *out)
{
    check_of(f, ROWS, f->head, out);
}

static void assert_found(const struct findings *f, size_t index, enum evidence_fault fault,
                         int64_t row, int64_t other)
{
    assert_true(index < f->count);
    assert_int_equal(f->all[index].fault, fault);
    assert_int_equal(f->all[index].row, row);
    assert_int_equal(f->all[index].other, other);
}

static void assert_only(const struct findings *f, enum evidence_fault fault, int64_t row,
                        int64_t other)
{
    assert_int_equal(f->count, 1);
    assert_found(f, 0, fault, row, other);
}

static void finds_nothing_where_nothing_was_done(void **state)
{
    struct file f;
    struct findings found;
    (void)state;
    write_file(&f);
    check_all(&f, &found);
    assert_int_equal(found.count, 0);
    check_of(&f, -1, NULL, &found);
    assert_int_equal(found.count, 0);
    free_file(&f);
}

static void the_hash_is_of_the_line_without_it(void **state)
{
    struct evidence_chain chain;
    struct buf line = {0};
    unsigned char digest[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    static const char body[] =
        "{\"b\":\"\xc3\xbc\",\"previous\":"
        "\"0000000000000000000000000000000000000000000000000000000000000000\",\"row\":1}";
    (void)state;
    json_t *row = json_pack("{s:s}", "b", "\xc3\xbc");
    evidence_begin(&chain);
    evidence_put_row(&chain, row, &line);
    digest_sha256(body, strlen(body), digest);
    digest_hex(digest, hex);
    assert_string_equal(chain.head, hex);
    assert_memory_equal(line.data, body, strlen(body) - 1);
    json_decref(row);
    buf_free(&line);
}

/* Bytes all over every line, in one bit each. */
static void names_the_row_of_every_changed_byte(void **state)
{
    struct file f;
    struct findings found;
    (void)state;
    write_file(&f);
    for (size_t i = 0; i < f.count; i++) {
        size_t len = strlen(f.lines[i]);
        for (size_t at = 0; at < len; at += 1 + at % 7) {
            f.lines[i][at] ^= 1;
            check_all(&f, &found);
            assert_only(&found, EVIDENCE_CHANGED, (int64_t)i + 1, 0);
            f.lines[i][at] ^= 1;
        }
    }
    free_file(&f);
}

static void names_every_removed_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct file f;
        struct findings found;
        write_file(&f);
        drop(&f, i);
        check_all(&f, &found);
        assert_only(&found, i + 1 == ROWS ? EVIDENCE_CUT : EVIDENCE_MISSING, (int64_t)i + 1,
                    (int64_t)i + 1);
        free_file(&f);
    }
}

static void names_several_removed_rows_as_one_gap(void **state)
{
    struct file f;
    struct findings found;
    (void)state;
    write_file(&f);
    for (int i = 0; i < 5; i++)
        drop(&f, 9);
    drop(&f, 20);
    check_all(&f, &found);
    assert_int_equal(found.count, 2);
    assert_found(&found, 0, EVIDENCE_MISSING, 10, 14);
    assert_found(&found, 1, EVIDENCE_MISSING, 26, 26);
    free_file(&f);
}

static void names_a_cut_end(void **state)
{
    struct file f;
    struct findings found;
    (void)state;
    write_file(&f);
    for (int i = 0; i < 7; i++)
        drop(&f, f.count - 1);
    check_all(&f, &found);
    assert_only(&found, EVIDENCE_CUT, ROWS - 6, ROWS);
    while (f.count > 0)
        drop(&f, 0);
    check_all(&f, &found);
    assert_only(&found, EVIDENCE_CUT, 1, ROWS);
}

static void names_both_of_two_rows_that_changed_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = i + 1; j < ROWS; j++) {
            struct file f;
            struct findings found;
            write_file(&f);
            swap(&f, i, j);
            check_all(&f, &found);
            if (j == i + 1) {
                assert_only(&found, EVIDENCE_SWAPPED, (int64_t)i + 1, (int64_t)j + 1);
            } else {
                assert_int_equal(found.count, 2);
                assert_found(&found, 0, EVIDENCE_MOVED, (int64_t)i + 1, (int64_t)j + 1);
                assert_found(&found, 1, EVIDENCE_MOVED, (int64_t)j + 1, (int64_t)i + 1);
            }
            free_file(&f);
        }
    }
}

/* A copy of any row, a line of nonsense, and a row that was made to fit. */
static void names_the_place_of_every_added_row(void **state)
{
    (void)state;
    for (size_t i = 0; i <= ROWS; i++) {
        struct file f;
        struct findings found;
        write_file(&f);
        insert(&f, i, xstrdup("{\"state\":\"delivered\"}"));
        check_all(&f, &found);
        assert_only(&found, EVIDENCE_ADDED, (int64_t)i + 1, 0);
        drop(&f, i);
        for (size_t from = 0; from < ROWS; from++) {
            bool behind_itself = from + 1 == i || from == i;
            insert(&f, i, xstrdup(f.lines[from]));
            check_all(&f, &found);
            /* Which of two equal neighbours is the copy nobody can say. */
            assert_only(&found, EVIDENCE_ADDED, behind_itself ? (int64_t)from + 2 : (int64_t)i + 1,
                        (int64_t)from + 1);
            drop(&f, i);
        }
        free_file(&f);
    }
}

static void names_a_row_that_was_made_to_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct file f;
        struct findings found;
        write_file(&f);
        insert(&f, i, xstrdup(f.lines[i]));
        rewrite(&f, i);
        check_all(&f, &found);
        assert_int_equal(found.count, 1);
        assert_found(&found, 0, EVIDENCE_ADDED, (int64_t)i + 2, (int64_t)i + 1);
        free_file(&f);
    }
}

static void names_a_row_that_was_written_anew(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct file f;
        struct findings found;
        write_file(&f);
        rewrite(&f, i);
        check_all(&f, &found);
        if (i + 1 < ROWS)
            assert_only(&found, EVIDENCE_REWRITTEN, (int64_t)i + 1, (int64_t)i + 2);
        else
            assert_only(&found, EVIDENCE_HEAD, ROWS, 0);
        free_file(&f);
    }
}

/* Whoever writes the whole chain anew is found by the head alone. */
static void finds_a_chain_that_was_made_anew_by_its_head(void **state)
{
    struct file f, other;
    struct findings found;
    (void)state;
    write_file(&f);
    write_file(&other);
    f.head[0] = f.head[0] == '0' ? '1' : '0';
    check_of(&other, ROWS, f.head, &found);
    assert_only(&found, EVIDENCE_HEAD, ROWS, 0);
    free_file(&f);
    free_file(&other);
}

static void one_fault_hides_no_other(void **state)
{
    struct file f;
    struct findings found;
    (void)state;
    write_file(&f);
    f.lines[2][20] ^= 1;
    swap(&f, 9, 10);
    drop(&f, 20);
    rewrite(&f, 30);
    check_all(&f, &found);
    assert_int_equal(found.count, 4);
    assert_found(&found, 0, EVIDENCE_CHANGED, 3, 0);
    assert_found(&found, 1, EVIDENCE_SWAPPED, 10, 11);
    assert_found(&found, 2, EVIDENCE_MISSING, 21, 21);
    assert_found(&found, 3, EVIDENCE_REWRITTEN, 32, 33);
    free_file(&f);
}

static void masks_what_is_a_persons(void **state)
{
    static const char *const cases[][2] = {{"minji.kim@example.com", "m…m@example.com"},
                                           {"a@example.com", "a…@example.com"},
                                           {"한글@example.com", "한…글@example.com"},
                                           {"+821012345678", "+82…78"},
                                           {"crm", "crm"}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out = {0};
        evidence_put_masked(&out, cases[i][0]);
        assert_string_equal(buf_text(&out), cases[i][1]);
        buf_free(&out);
    }
}

static void masks_the_address_a_server_repeats(void **state)
{
    struct buf out = {0};
    (void)state;
    evidence_put_without(&out, "550 <Anna@Example.org> unknown, anna@example.org",
                         "anna@example.org");
    assert_string_equal(out.data, "550 <a…a@example.org> unknown, a…a@example.org");
    buf_free(&out);
}

static void an_address_opens_only_its_own_commitment(void **state)
{
    static const unsigned char key[TOKEN_KEY_SIZE] = "0123456789abcdef0123456789abcde";
    char salt[EVIDENCE_SALT_SIZE], other[EVIDENCE_SALT_SIZE];
    char a[DIGEST_HEX_SIZE], b[DIGEST_HEX_SIZE];
    (void)state;
    evidence_make_salt(key, 17, salt);
    evidence_make_salt(key, 18, other);
    assert_int_equal(strlen(salt), EVIDENCE_SALT_SIZE - 1);
    assert_string_not_equal(salt, other);
    evidence_commit(salt, "anna@example.org", a);
    evidence_commit(salt, "anna@example.org", b);
    assert_string_equal(a, b);
    evidence_commit(other, "anna@example.org", b);
    assert_string_not_equal(a, b);
    evidence_commit(salt, "anne@example.org", b);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_nothing_where_nothing_was_done),
        cmocka_unit_test(the_hash_is_of_the_line_without_it),
        cmocka_unit_test(names_the_row_of_every_changed_byte),
        cmocka_unit_test(names_every_removed_row),
        cmocka_unit_test(names_several_removed_rows_as_one_gap),
        cmocka_unit_test(names_a_cut_end),
        cmocka_unit_test(names_both_of_two_rows_that_changed_places),
        cmocka_unit_test(names_the_place_of_every_added_row),
        cmocka_unit_test(names_a_row_that_was_made_to_fit),
        cmocka_unit_test(names_a_row_that_was_written_anew),
        cmocka_unit_test(finds_a_chain_that_was_made_anew_by_its_head),
        cmocka_unit_test(one_fault_hides_no_other),
        cmocka_unit_test(masks_what_is_a_persons),
        cmocka_unit_test(masks_the_address_a_server_repeats),
        cmocka_unit_test(an_address_opens_only_its_own_commitment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
