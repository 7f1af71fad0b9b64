//! `peer-support-server triage`: what signals are in texts that come as lines, for anyone to try on their own data.

use std::io::{BufRead, BufReader, BufWriter, Read, Write};

use anyhow::{Context, bail};
use peer_support_domain::signals::{Report, Signals};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Bytes of one line: a hundred times the longest post. More is no message, and would fill the memory.
const MAX_LINE_BYTES: usize = 1024 * 1024;
/// Bytes written at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// One line of the input. `id` is any JSON value and comes back as it was.
#[derive(Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    text: String,
    #[serde(default)]
    lang: Option<String>,
}

/// Reads `{"id", "text", "lang"?}` a line and writes `{"id", "lang", "rules", "signals"}` a line, in the same order.
///
/// `rules` says whether rules of the text's language were used. A line that is none is reported on standard error and the
/// others are read all the same. Only one line is held at a time.
///
/// # Errors
///
/// At the end when a line was none, and at once when something cannot be read or written.
pub fn triage(input: impl Read, output: impl Write) -> anyhow::Result<()> {
    let signals = Signals::parse(peer_support_signals::FILE).context("the signals of this build")?;
    let mut input = BufReader::with_capacity(BUFFER_BYTES, input);
    let mut output = BufWriter::with_capacity(BUFFER_BYTES, output);
    let mut line = Vec::new();
    let (mut n_lines, mut n_wrong) = (0_u64, 0_u64);
    while read_line(&mut input, &mut line).context("standard input")? {
        n_lines += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match read(&line) {
            Ok(text) => {
                let report = signals.of(&text.text, text.lang.as_deref());
                write(&mut output, text.id.get(), &report).context("standard output")?;
            }
            Err(problem) => {
                n_wrong += 1;
                // What is known so far comes before the complaint.
                output.flush().context("standard output")?;
                eprintln!("line {n_lines}: {problem}");
            }
        }
        // Whoever sends a line and waits for its answer gets it.
        if input.buffer().is_empty() {
            output.flush().context("standard output")?;
        }
    }
    output.flush().context("standard output")?;
    if n_wrong > 0 {
        bail!("{n_wrong} of {n_lines} lines could not be read");
    }
    Ok(())
}

/// Reads up to the next line feed, and of a longer line than fits one byte more than fits; `false` at the end.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let n_bytes = input.by_ref().take(MAX_LINE_BYTES as u64 + 1).read_until(b'\n', line)?;
    let is_cut = line.len() > MAX_LINE_BYTES && line.last() != Some(&b'\n');
    if is_cut {
        input.skip_until(b'\n')?;
    }
    Ok(n_bytes > 0)
}

fn read(line: &[u8]) -> Result<Text<'_>, String> {
    if line.len() > MAX_LINE_BYTES && line.last() != Some(&b'\n') {
        return Err(format!("has more than {MAX_LINE_BYTES} bytes"));
    }
    // The column, and not the words around it: they are somebody's.
    serde_json::from_slice(line).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            format!("expected an object with id, text and perhaps lang (column {})", error.column())
        }
        _ => format!("is not JSON (column {})", error.column()),
    })
}

fn write(output: &mut impl Write, id: &str, report: &Report<'_>) -> std::io::Result<()> {
    write!(output, "{{\"id\":{id},\"lang\":")?;
    match report.language {
        Some(language) => serde_json::to_writer(&mut *output, language)?,
        None => output.write_all(b"null")?,
    }
    write!(output, ",\"rules\":{},\"signals\":{{", report.has_rules)?;
    for (n, (signal, finding)) in report.iter().enumerate() {
        let comma = if n == 0 { "" } else { "," };
        write!(output, "{comma}\"{}\":{{\"score\":{:.3},\"spans\":[", signal.as_str(), finding.score)?;
        for (n, place) in finding.places.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            write!(output, "{comma}[{},{}]", place.span.start, place.span.end)?;
        }
        write!(output, "],\"reason\":\"{}\"}}", finding.reason.as_str())?;
    }
    output.write_all(b"}}\n")
}

#[cfg(test)]
mod tests {
    use super::{MAX_LINE_BYTES, triage};

    fn run(input: &str) -> (Vec<serde_json::Value>, anyhow::Result<()>) {
        let mut output = Vec::new();
        let done = triage(input.as_bytes(), &mut output);
        let lines = String::from_utf8(output).unwrap();
        (lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), done)
    }

    #[test]
    fn each_line_is_answered_in_order_with_all_signals() {
        let (answers, done) =
            run("{\"id\":\"a\",\"text\":\"I want to die\",\"lang\":\"en\"}\n\n{\"id\":2,\"text\":\"\"}");

        done.unwrap();
        assert_eq!(answers[0]["id"], "a");
        assert_eq!(answers[0]["lang"], "en");
        assert_eq!(answers[0]["signals"]["crisis"]["reason"], "direct_statement");
        assert_eq!(answers[1]["id"], 2);
        assert_eq!(answers[1]["signals"].as_object().unwrap().len(), 6);
    }

    #[test]
    fn a_wrong_line_takes_nothing_from_the_others() {
        let (answers, done) =
            run("{\"id\":1,\"text\":\"hello\"}\nnot json\n{\"id\":3}\n{\"id\":4,\"text\":\"good night\"}\n");

        assert_eq!(answers.len(), 2);
        assert_eq!(done.unwrap_err().to_string(), "2 of 4 lines could not be read");
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_to_its_end() {
        let long = format!(
            "{{\"id\":1,\"text\":\"{}\"}}\n{{\"id\":2,\"text\":\"hello\"}}\n",
            "a".repeat(MAX_LINE_BYTES)
        );

        let (answers, done) = run(&long);

        assert_eq!(answers.len(), 1);
        assert_eq!(answers[0]["id"], 2);
        assert!(done.is_err());
    }
}
