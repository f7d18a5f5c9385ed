import { expect, test } from "vitest";
import { apart } from "./attributes.ts";

const cases: [string, string, string][] = [
  ["<p>a</p>", "<p>a</p>", ""],
  ['<p style="color:red" class=x>a</p>', '<p data-style="color:red" class=x>a</p>', ""],
  ["<P STYLE='a>b' id=1>", "<P data-style='a>b' id=1>", ""],
  ["<p style=color:red>a", "<p data-style=color:red>a", ""],
  ["<img src=x onerror=alert(1) ONLOAD = 'x>y'>", "<img src=x>", ""],
  ["<img/src=x/onerror=y>", "<img src=x/onerror=y>", ""],
  ["<style>p > a { b: '<' }</style ><p>", "<p>", "p > a { b: '<' }"],
  ["<style type=a>x</STYLE><style>y", "", "x\ny"],
  ["a < b <3 <!-- style='x' --> </p>", "a < b <3 <!-- style='x' --> </p>", ""],
  ['<p title="style=1 onx=2">', '<p title="style=1 onx=2">', ""],
  ['<p style="never ends', '<p data-style="never ends>', ""],
  ["<p", "<p>", ""],
  ["", "", ""],
];
test.each(cases)("%j", (html, want, css) => expect(apart(html)).toEqual({ html: want, css }));

test("however it is made, it takes no longer", () => {
  const started = performance.now();
  for (const piece of ["<", "<a ", '<a "', "<a b='", "<style>", "<a style=", "<a =", "</style"]) apart(piece.repeat(50_000));
  expect(performance.now() - started).toBeLessThan(3000);
});
