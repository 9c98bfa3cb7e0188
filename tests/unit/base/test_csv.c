#include "base/csv.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"

static char path[64];

static int set_up(void **state)
{
    snprintf(path, sizeof(path), "/tmp/csv-XXXXXX");
    int fd = mkstemp(path);
    *state = NULL;
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_bytes(const char *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static struct csv *open_file(void)
{
    struct csv *c;
    struct error err = {0};
    if (csv_open(path, &c, &err) != 0)
        fail_msg("%s", err.text);
    return c;
}

static struct csv *open_text(const char *text)
{
    write_bytes(text, strlen(text));
    return open_file();
}

static const struct csv_record *next(struct csv *c)
{
    const struct csv_record *record;
    struct error err = {0};
    if (csv_next(c, &record, &err) != 0)
        fail_msg("%s", err.text);
    return record;
}

/* The record as fields between bars. */
static void must_read(struct csv *c, const char *expected)
{
    const struct csv_record *r = next(c);
    struct buf shown = {0};
    assert_non_null(r);
    if (r->fault.problem != NULL)
        fail_msg("%s", r->fault.problem);
    for (size_t i = 0; i < r->count; i++) {
        assert_int_equal(strlen(r->fields[i].text), r->fields[i].len);
        buf_printf(&shown, "%s%s", i > 0 ? "|" : "", r->fields[i].text);
    }
    assert_string_equal(buf_text(&shown), expected);
    buf_free(&shown);
}

static void must_end(struct csv *c)
{
    assert_null(next(c));
    assert_null(next(c));
    csv_close(c);
}

static void must_fault(struct csv *c, int64_t row, size_t column, const char *words)
{
    const struct csv_record *r = next(c);
    assert_non_null(r);
    assert_int_equal(r->row, row);
    if (r->fault.problem == NULL)
        fail_msg("row %d has no fault, expected: %s", (int)row, words);
    if (strstr(r->fault.problem, words) == NULL)
        fail_msg("expected \"%s\" in: %s", words, r->fault.problem);
    assert_int_equal(r->fault.column, column);
    assert_non_null(r->fault.mend);
}

static void reads_what_rfc_4180_shows(void **state)
{
    (void)state;
    struct csv *c = open_text("aaa,bbb,ccc\r\n\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz,\"b\"\"bb\",\r\n"
                              ",,\r\nlast,\"\",without end");
    must_read(c, "aaa|bbb|ccc");
    must_read(c, "aaa|b\r\nbb|ccc");
    must_read(c, "zzz|b\"bb|");
    must_read(c, "last||without end");
    must_end(c);
}

static void finds_the_delimiter(void **state)
{
    static const struct {
        const char *text, *first;
        char delimiter;
    } rows[] = {
        {"a,b,c\n", "a|b|c", ','},
        {"a;b;c\n", "a|b|c", ';'},
        {"a\tb\tc\n", "a|b|c", '\t'},
        {"a\n", "a", ','},
        {"\"a,b,c\";b;c\n", "a,b,c|b|c", ';'},
        {"\xef\xbb\xbf\"a\";b\r\n", "a|b", ';'},
        {"sep=;\r\na,b;c\n", "a,b|c", ';'},
        {"\xef\xbb\xbfsep=\t\na,b\tc\n", "a,b|c", '\t'},
        {"sep=x\n", "sep=x", ','},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct csv *c = open_text(rows[i].text);
        assert_int_equal(csv_delimiter(c), rows[i].delimiter);
        must_read(c, rows[i].first);
        must_end(c);
    }
}

static void does_not_take_the_delimiter_from_the_rows(void **state)
{
    (void)state;
    struct csv *c = open_text("a;b\n1,2,3;4\n");
    must_read(c, "a|b");
    must_read(c, "1,2,3|4");
    must_end(c);
}

static void counts_rows_as_spreadsheets_and_lines_as_editors(void **state)
{
    static const struct {
        int64_t row, line, offset;
    } expected[] = {{1, 1, 3}, {2, 2, 8}, {4, 5, 19}};
    (void)state;
    struct csv *c = open_text("\xef\xbb\xbf"
                              "a,b\r\n\"1\n2\",3\r\n\r\n4,5\n\n\n");
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        const struct csv_record *r = next(c);
        assert_int_equal(r->row, expected[i].row);
        assert_int_equal(r->line, expected[i].line);
        assert_int_equal(r->offset, expected[i].offset);
    }
    must_end(c);
}

static void ends_lines_as_old_macs_too(void **state)
{
    (void)state;
    struct csv *c = open_text("a,b\r1,2\r\r3,4");
    must_read(c, "a|b");
    must_read(c, "1|2");
    must_read(c, "3|4");
    must_end(c);
}

static void reports_what_is_malformed_and_goes_on_behind_it(void **state)
{
    (void)state;
    struct csv *c = open_text("a,b\n1,x\"y\n\"p\" q,2\n3,\"s\"t\"\n4,5\n");
    must_read(c, "a|b");
    must_fault(c, 2, 1, "lone quote");
    must_fault(c, 3, 0, "behind the closing quote");
    must_fault(c, 4, 1, "behind the closing quote");
    must_read(c, "4|5");
    must_end(c);
}

static void reports_a_nul_byte(void **state)
{
    (void)state;
    write_bytes("a,b\n1,x\0y\n\0,2\n3,4\n", 18);
    struct csv *c = open_file();
    must_read(c, "a|b");
    must_fault(c, 2, 1, "NUL");
    must_fault(c, 3, 0, "NUL");
    must_read(c, "3|4");
    must_end(c);
}

static void reports_a_quote_that_is_never_closed(void **state)
{
    (void)state;
    struct csv *c = open_text("a,b\n1,\"two\n3,4\n");
    must_read(c, "a|b");
    must_fault(c, 2, 1, "never closed");
    must_end(c);
}

/* 200 KB behind a lost quote: only the rows up to 64 KiB are gone. */
static void finds_the_rows_again_behind_an_endless_field(void **state)
{
    struct buf text = {0};
    int64_t rows = 0;
    (void)state;
    buf_puts(&text, "a,b\n1,\"lost\n");
    for (int i = 0; i < 20000; i++)
        buf_printf(&text, "%07d,x\n", i);
    write_bytes(text.data, text.len);
    struct csv *c = open_file();
    must_read(c, "a|b");
    must_fault(c, 2, 1, "64 KiB");
    const struct csv_record *r;
    while ((r = next(c)) != NULL) {
        assert_null(r->fault.problem);
        assert_int_equal(r->count, 2);
        rows++;
    }
    assert_in_range(rows, 13000, 13500);
    csv_close(c);
    buf_free(&text);
}

static void accepts_a_field_of_the_largest_size(void **state)
{
    struct buf text = {0};
    (void)state;
    for (int more = 0; more < 2; more++) {
        buf_reset(&text);
        buf_puts(&text, "a,b\n");
        for (size_t i = 0; i < CSV_FIELD_MAX + (size_t)more; i++)
            buf_putc(&text, 'x');
        buf_puts(&text, ",2\n3,4\n");
        write_bytes(text.data, text.len);
        struct csv *c = open_file();
        must_read(c, "a|b");
        const struct csv_record *r = next(c);
        assert_int_equal(r->fault.problem != NULL, more);
        assert_int_equal(r->fields[0].len, CSV_FIELD_MAX);
        assert_string_equal(r->fields[1].text, "2");
        must_read(c, "3|4");
        must_end(c);
    }
    buf_free(&text);
}

static void reports_too_many_columns_without_end(void **state)
{
    struct buf text = {0};
    (void)state;
    for (int i = 0; i < 5000; i++)
        buf_puts(&text, "x,");
    buf_puts(&text, "\n1,2\n");
    write_bytes(text.data, text.len);
    struct csv *c = open_file();
    must_fault(c, 1, CSV_FIELDS_MAX, "columns");
    must_read(c, "1|2");
    must_end(c);
    buf_free(&text);
}

static void says_which_charset_the_file_looks_like(void **state)
{
    static const struct {
        const char *text, *charset;
    } rows[] = {
        {"M\xfcller", "Windows-1252"},
        {"Gr\xf6\xdf"
         "e",
         "Windows-1252"}, /* two of them in a row */
        {"\xdc\xc4\xd6 \xe9\xe8", "Windows-1252"},
        {"\xb1\xe8\xb9\xce\xc1\xd8", "CP949"},
        {"Kim \xb1\xe8", "CP949"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[100];
        const struct csv_record *r;
        struct error err = {0};
        snprintf(text, sizeof(text), "a\n%s\nMiller\n", rows[i].text);
        struct csv *c = open_text(text);
        must_read(c, "a");
        assert_int_equal(csv_next(c, &r, &err), 0);
        assert_true(r->fault.of_file);
        assert_non_null(strstr(r->fault.problem, rows[i].charset));
        must_read(c, "Miller");
        must_end(c);
    }
}

/* The whole file has one charset, whichever letter is met first. */
static void guesses_the_charset_once_for_the_whole_file(void **state)
{
    (void)state;
    struct csv *c = open_text(
        "a,b\n1,\xa1\xd7 \x94\xee\n2,\xb1\xe8\xb9\xce\xc1\xd8\n3,\xc0\xcc\xbc\xad\xbf\xac\n");
    const struct csv_record *r = next(c);
    for (int i = 0; i < 3; i++) {
        r = next(c);
        assert_non_null(strstr(r->fault.problem, "CP949"));
        assert_non_null(strstr(r->fault.mend, "CSV UTF-8"));
    }
    must_end(c);
}

/* A spreadsheet saves them where somebody once typed. They keep their number. */
static void skips_rows_in_which_nothing_stands(void **state)
{
    (void)state;
    struct csv *c = open_text("id;name\n;\n1;Kim\n ; \n\n;;;;;\n2;\n");
    must_read(c, "id|name");
    must_read(c, "1|Kim");
    const struct csv_record *r = next(c);
    assert_string_equal(r->fields[0].text, "2");
    assert_int_equal(r->row, 7);
    assert_int_equal(r->line, 7);
    must_end(c);
}

static void refuses_utf_16_and_what_is_no_file(void **state)
{
    struct csv *c;
    struct error err = {0};
    (void)state;
    write_bytes("\xff\xfe"
                "a\0;\0b\0",
                8);
    assert_int_equal(csv_open(path, &c, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "CSV UTF-8"));
    assert_int_equal(csv_open("/no/such/file", &c, &err), ERR_NOT_FOUND);
    assert_int_equal(csv_open("/tmp", &c, &err), ERR_INPUT);
    assert_int_equal(csv_open("/dev/null", &c, &err), ERR_INPUT);
    assert_null(c);
    csv_close(NULL);
}

static void refuses_a_workbook_by_name(void **state)
{
    static const char *const books[] = {"PK\x03\x04\x14", "\xd0\xcf\x11\xe0\xa1"};
    struct csv *c;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(books); i++) {
        struct error err = {0};
        write_bytes(books[i], 5);
        assert_int_equal(csv_open(path, &c, &err), ERR_INPUT);
        assert_non_null(strstr(err.text, "is a workbook, not a CSV; save it as \"CSV UTF-8\""));
    }
}

static void reads_an_empty_file_as_nothing(void **state)
{
    (void)state;
    static const char *const empty[] = {"", "\n", "\r\n\r\n", "\xef\xbb\xbf"};
    for (size_t i = 0; i < COUNT_OF(empty); i++)
        must_end(open_text(empty[i]));
}

/* Everything that takes a second look (CRLF, doubled quotes, delimiters) across the window's edge.
 */
static void reads_the_same_wherever_its_window_ends(void **state)
{
    static const char tail[] = "\"a\"\"b\r\nc\",d\r\n\"\",\"\xec\x9d\xb4\"\r\n";
    (void)state;
    for (size_t back = 0; back < sizeof(tail); back++) {
        struct buf text = {0};
        while (text.len < (size_t)256 * 1024 - back - 4000)
            buf_puts(&text, "0123456789012345678901234567890123456789,2\r\n");
        while (text.len < (size_t)256 * 1024 - back - 2)
            buf_putc(&text, 'x');
        buf_puts(&text, ",\n");
        buf_puts(&text, tail);
        write_bytes(text.data, text.len);
        struct csv *c = open_file();
        const struct csv_record *r;
        do
            r = next(c);
        while (r != NULL && r->fields[0].text[0] != 'x');
        must_read(c, "a\"b\r\nc|d");
        must_read(c, "|\xec\x9d\xb4");
        must_end(c);
        buf_free(&text);
    }
}

static void goes_back_to_a_record(void **state)
{
    struct buf text = {0};
    struct error err = {0};
    struct csv_record seen[3];
    (void)state;
    for (int i = 0; i < 60000; i++)
        buf_printf(&text, "%d,\"x\ny\"\n", i);
    write_bytes(text.data, text.len);
    struct csv *c = open_file();
    for (int i = 0; i < 60000; i++) {
        const struct csv_record *r = next(c);
        if (i % 25000 == 7)
            seen[i / 25000] = *r;
    }
    for (int i = 2; i >= 0; i--) {
        char expected[32];
        snprintf(expected, sizeof(expected), "%d|x\ny", i * 25000 + 7);
        assert_int_equal(csv_seek(c, seen[i].offset, seen[i].row, seen[i].line, &err), 0);
        must_read(c, expected);
        assert_int_equal(csv_line(c), seen[i].line + 2);
    }
    assert_int_equal(csv_seek(c, -1, 1, 1, &err), ERR_INTERNAL);
    csv_close(c);
    buf_free(&text);
}

/* The table is another one while it is read, and again what it was behind that. */
static void sums_what_was_read_and_not_what_stands_there(void **state)
{
    struct buf good = {0}, other = {0};
    unsigned char sum[DIGEST_SIZE], read[DIGEST_SIZE];
    (void)state;
    buf_puts(&good, "\xef\xbb\xbfname;email\n");
    for (int i = 0; i < 50000; i++)
        buf_printf(&good, "n%05d;a%05d@example.org\n", i, i);
    buf_put(&other, good.data, good.len);
    other.data[good.len - 20] = 'x';
    for (int swapped = 0; swapped < 2; swapped++) {
        struct digest *d = digest_begin();
        write_bytes(good.data, good.len);
        digest_sha256(good.data, good.len, sum);
        struct csv *c = open_file();
        csv_put_sum(c, d);
        assert_string_equal(next(c)->fields[0].text, "name");
        if (swapped == 1)
            write_bytes(other.data, other.len);
        while (next(c) != NULL)
            ;
        write_bytes(good.data, good.len);
        digest_sum(d, read);
        assert_int_equal(memcmp(sum, read, DIGEST_SIZE) != 0, swapped);
        csv_close(c);
        digest_end(d);
    }
    buf_free(&good);
    buf_free(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_what_rfc_4180_shows),
        TEST(finds_the_delimiter),
        TEST(does_not_take_the_delimiter_from_the_rows),
        TEST(counts_rows_as_spreadsheets_and_lines_as_editors),
        TEST(ends_lines_as_old_macs_too),
        TEST(reports_what_is_malformed_and_goes_on_behind_it),
        TEST(reports_a_nul_byte),
        TEST(reports_a_quote_that_is_never_closed),
        TEST(finds_the_rows_again_behind_an_endless_field),
        TEST(accepts_a_field_of_the_largest_size),
        TEST(reports_too_many_columns_without_end),
        TEST(says_which_charset_the_file_looks_like),
        TEST(guesses_the_charset_once_for_the_whole_file),
        TEST(skips_rows_in_which_nothing_stands),
        TEST(refuses_utf_16_and_what_is_no_file),
        TEST(refuses_a_workbook_by_name),
        TEST(reads_an_empty_file_as_nothing),
        TEST(reads_the_same_wherever_its_window_ends),
        TEST(goes_back_to_a_record),
        TEST(sums_what_was_read_and_not_what_stands_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
