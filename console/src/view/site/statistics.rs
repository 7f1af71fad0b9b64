//! What a funder or a regulator asks for: the numbers of a site's finished quarters, as tables that can be printed.

use leptos::html::Details;
use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::anonymity::Shown;
use peer_support_domain::automated::Between;
use peer_support_domain::limits::SHOWN_FROM_ITEMS;
use peer_support_domain::site::SiteId;
use peer_support_domain::statistics::{Quarter, ShownRow, ShownTable, Statistics, Table, Wait};

use super::Said;
use crate::api;
use crate::browser;
use crate::locale::tr;
use crate::view::noticed::{flag_name, reason_name};
use crate::work::{explain, kind_name};

/// The numbers of a site; asked for when they are opened, and for each year that is chosen.
#[component]
pub fn Numbers(site: SiteId) -> impl IntoView {
    let this_year = Quarter::of_ms(browser::now_ms()).year();
    let year = RwSignal::new(this_year);
    let found = RwSignal::new(None::<Vec<Statistics>>);
    let said = RwSignal::new(None::<Result<String, String>>);
    let details = NodeRef::<Details>::new();
    let site = StoredValue::new(site);
    let ask = move || {
        let wanted = year.get_untracked();
        spawn_local(async move {
            let answer = api::statistics(&site.get_value(), wanted).await;
            if year.get_untracked() != wanted {
                return;
            }
            match answer {
                Ok(quarters) => {
                    said.set(None);
                    found.set(Some(quarters));
                }
                Err(failure) => said.set(Some(Err(explain(&failure)))),
            }
        });
    };
    let opened = move |_| {
        if details.get_untracked().is_some_and(|details| details.open()) {
            ask();
        }
    };
    let choose = move |event| {
        if let Ok(chosen) = event_target_value(&event).parse() {
            year.set(chosen);
            ask();
        }
    };
    let years = (this_year - 4..=this_year).rev().map(|one| {
        view! { <option value=one.to_string()>{one.to_string()}</option> }
    });
    let quarters = move || {
        found.get().map(|quarters| match quarters.is_empty() {
            true => view! { <p>{tr!("numbers-none")}</p> }.into_any(),
            false => quarters.into_iter().map(quarter).collect_view().into_any(),
        })
    };

    view! {
        <details node_ref=details on:toggle=opened>
            <summary>{tr!("numbers")}</summary>
            <label for="numbers-year">{tr!("numbers-year")}</label>
            <select id="numbers-year" on:change=choose>{years.collect_view()}</select>
            <p>
                <a href=move || api::statistics_csv(&site.get_value(), year.get()) download="statistics.csv">
                    {tr!("numbers-csv")}
                </a>
            </p>
            <div class="answers">
                <button type="button" on:click=move |_| browser::print()>{tr!("numbers-print")}</button>
            </div>
            <Said said />
            <section class="report" aria-labelledby="report-title">
                <h3 id="report-title">
                    {move || tr!("report-title", site = site.get_value().as_str(), year = year.get().to_string())}
                </h3>
                <p>{tr!("report-intro", n = SHOWN_FROM_ITEMS.to_string())}</p>
                {quarters}
            </section>
        </details>
    }
}

fn quarter(Statistics { quarter, tables, automated, decision, first_reply }: Statistics) -> impl IntoView {
    let waits = [(tr!("wait-decision"), decision), (tr!("wait-reply"), first_reply)];
    let waits = waits.map(|(name, wait)| {
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td>{within(wait, wait.median_minutes)}</td>
                <td>{within(wait, wait.p90_minutes)}</td>
            </tr>
        }
    });
    let by_rules = [
        (tr!("automated-held"), automated.held),
        (tr!("automated-published"), automated.published),
        (tr!("automated-hidden"), automated.hidden),
        (tr!("automated-by-people"), automated.by_people),
    ];
    let by_rules = by_rules.map(|(name, n)| {
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td>{between(n)}</td>
            </tr>
        }
    });
    let percent = automated.percent.map_or_else(|| tr!("numbers-withheld").to_owned(), between);
    view! {
        <h4>{quarter.to_string()}</h4>
        {tables.into_iter().map(table).collect_view()}
        <table class="calendar">
            <caption>{tr!("automated")}</caption>
            <tbody>
                {by_rules}
                <tr>
                    <th scope="row">{tr!("automated-percent")}</th>
                    <td>{percent}</td>
                </tr>
            </tbody>
        </table>
        <table class="calendar">
            <caption>{tr!("waits")}</caption>
            <thead>
                <tr>
                    <th scope="col">{tr!("numbers-what")}</th>
                    <th scope="col">{tr!("wait-median")}</th>
                    <th scope="col">{tr!("wait-p90")}</th>
                </tr>
            </thead>
            <tbody>{waits}</tbody>
        </table>
    }
}

fn table(ShownTable { table, sum, rows }: ShownTable) -> impl IntoView {
    let exact = |row: &ShownRow| match row.n {
        Shown::Exactly(n) => n,
        Shown::Few | Shown::Withheld => 0,
    };
    let largest = rows.iter().map(exact).max().unwrap_or_default().max(1).to_string();
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            // The number beside it says the same.
            let bar = matches!(row.n, Shown::Exactly(_)).then(|| {
                view! { <meter aria-hidden="true" min="0" max=largest.clone() value=exact(&row).to_string()></meter> }
            });
            view! {
                <tr>
                    <th scope="row">{row_name(table, &row.name)}</th>
                    <td>{told(row.n)}</td>
                    <td>{bar}</td>
                </tr>
            }
        })
        .collect();
    let sum = sum.map(|sum| {
        view! {
            <tr>
                <th scope="row">{tr!("numbers-sum")}</th>
                <td>{told(sum)}</td>
                <td></td>
            </tr>
        }
    });
    view! {
        <table class="calendar">
            <caption>{table_name(table)}</caption>
            <tbody>{rows} {sum}</tbody>
        </table>
    }
}

fn told(n: Shown) -> String {
    match n {
        Shown::Exactly(n) => n.to_string(),
        Shown::Few => tr!("numbers-few", n = SHOWN_FROM_ITEMS.to_string()),
        Shown::Withheld => tr!("numbers-withheld").to_owned(),
    }
}

fn between(Between { least, most }: Between) -> String {
    match most {
        Some(most) if most == least => least.to_string(),
        Some(most) => tr!("automated-between", least = least.to_string(), most = most.to_string()),
        None => tr!("automated-at-least", n = least.to_string()),
    }
}

fn within(wait: Wait, minutes: Option<u32>) -> String {
    match minutes {
        Some(n @ ..=60) => tr!("within-minutes", n = n.to_string()),
        Some(n @ ..=1_440) => tr!("within-hours", n = (n / 60).to_string()),
        Some(n) => tr!("within-days", n = (n / 1_440).to_string()),
        None if wait.is_known => tr!("longer-than-a-week").to_owned(),
        None => tr!("numbers-few", n = SHOWN_FROM_ITEMS.to_string()),
    }
}

fn table_name(table: Table) -> &'static str {
    match table {
        Table::Sent => tr!("table-sent"),
        Table::HeldFor => tr!("table-held-for"),
        Table::Decided => tr!("table-decided"),
        Table::DeclinedFor => tr!("table-declined-for"),
        Table::Answered => tr!("table-answered"),
        Table::Reported => tr!("table-reported"),
        Table::Objections => tr!("table-objections"),
        Table::LineReports => tr!("table-line-reports"),
    }
}

fn row_name(table: Table, name: &str) -> &'static str {
    match table {
        Table::Sent => kind_name(name.parse().ok()),
        Table::HeldFor | Table::DeclinedFor => match name.parse() {
            Ok(flag) => flag_name(flag).unwrap_or(tr!("numbers-reported")),
            Err(_) => tr!("numbers-nothing"),
        },
        Table::Reported => name.parse().map_or("", reason_name),
        Table::Decided | Table::Answered | Table::Objections | Table::LineReports => match name {
            "approve" => tr!("act-approved"),
            "decline" => tr!("act-declined"),
            "hide" => tr!("act-hidden"),
            "restore" => tr!("act-restored"),
            "keep" => tr!("numbers-kept"),
            "approve-by-rule" => tr!("numbers-approved-by-rule"),
            "hide-by-rule" => tr!("numbers-hidden-by-rule"),
            "with-answer" => tr!("numbers-with-answer"),
            "without-answer" => tr!("numbers-without-answer"),
            "upheld" => tr!("act-objection-upheld"),
            "changed" => tr!("act-objection-changed"),
            "no_answer" => tr!("line-no-answer"),
            "wrong_number" => tr!("line-wrong-number"),
            "closed" => tr!("line-closed"),
            _ => tr!("line-other"),
        },
    }
}
