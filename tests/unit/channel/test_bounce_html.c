#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"
#include "channel/bounce_html.h"

static void expect(const char *html, const char *text)
{
    struct buf in = {0}, out = {0};
    buf_puts(&in, html);
    bounce_html_put_text(&in, &out);
    assert_string_equal(buf_text(&out), text);
    buf_free(&in);
    buf_free(&out);
}

static void keeps_the_words_and_breaks_lines_at_blocks(void **state UNUSED)
{
    expect("<p>a <b>b</b></P>c<br/>d", "\na b\nc\nd");
    expect("&lt;a@b.example&gt; &amp; &#50724; &#xB958; f&uuml;r &nope; & &",
           "<a@b.example> & 오 류 für "
           "&nope; & &");
}

static void leaves_out_what_nobody_reads(void **state UNUSED)
{
    expect("a<style>p { 550 }</style>b<SCRIPT>x</SCRIPT >c<!-- no <p> -->d<title>t</title>e",
           "abcde");
}

static void takes_what_never_ends(void **state UNUSED)
{
    expect("a<p", "a\n");
    expect("a<style>b", "a");
    expect("a<!-- b", "a");
    expect("a&#0;&#xD800;&#99999999;", "a&#0;&#xD800;&#99999999;");
    expect("<", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_words_and_breaks_lines_at_blocks),
        cmocka_unit_test(leaves_out_what_nobody_reads),
        cmocka_unit_test(takes_what_never_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
