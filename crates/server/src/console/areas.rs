//! Where an operator can go.

use scrip_domain::{Permission, Role};

use crate::html::Group;

/// A page of the navigation.
struct Area {
    path: &'static str,
    name: &'static str,
    /// Who sees it.
    needs: Permission,
}

const fn area(path: &'static str, name: &'static str, needs: Permission) -> Area {
    Area { path, name, needs }
}

/// Groups of pages, in the order in which they are shown.
const AREAS: &[(&str, &[Area])] = &[
    (
        "",
        &[
            area("/console", "Dashboard", Permission::See),
            area("/console/approvals", "Approvals", Permission::See),
            area("/console/second-factor", "Your second factor", Permission::See),
        ],
    ),
    (
        "Customers",
        &[
            area("/console/users", "Users", Permission::SeePeople),
            area("/console/orders", "Orders", Permission::SeePeople),
            area("/console/licenses", "Licenses", Permission::SeePeople),
            area("/console/devices", "Computers", Permission::SeePeople),
        ],
    ),
    (
        "Money",
        &[
            area("/console/purchases", "Purchases of tokens", Permission::SeeMoney),
            area("/console/token-prices", "Token prices", Permission::SeeMoney),
            area("/console/token-orders", "Orders for tokens", Permission::SeeMoney),
            area("/console/invoices", "Bills", Permission::SeeMoney),
            area("/console/payments", "Payments", Permission::SeeMoney),
            area("/console/vouchers", "Vouchers", Permission::SeeMoney),
            area("/console/books", "Books", Permission::SeeMoney),
        ],
    ),
    ("Products", &[area("/console/catalog", "Catalog", Permission::See)]),
    (
        "Server",
        &[
            area("/console/settings", "Settings", Permission::Settings),
            area("/console/keys", "Keys", Permission::Keys),
        ],
    ),
    (
        "Tokens",
        &[
            area("/console/campaigns", "Grants and campaigns", Permission::SeeMoney),
            area("/console/transfers", "Transfers", Permission::SeePeople),
            area("/console/refunds", "Refunds of orders", Permission::SeePeople),
        ],
    ),
    (
        "Operations",
        &[
            area("/console/jobs", "Jobs", Permission::See),
            area("/console/webhooks", "Webhooks", Permission::Operations),
        ],
    ),
    (
        "Team",
        &[
            area("/console/operators", "Operators", Permission::Operators),
            area("/console/log", "Audit log", Permission::SeeLog),
        ],
    ),
];

/// What an operator with this role can see.
pub(super) fn navigation(role: Role) -> Vec<Group> {
    let groups = AREAS.iter().map(|(title, areas)| Group {
        title,
        links: areas
            .iter()
            .filter(|area| role.may(area.needs))
            .map(|area| (area.path, area.name))
            .collect(),
    });
    groups.filter(|group| !group.links.is_empty()).collect()
}
