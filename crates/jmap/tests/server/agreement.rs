//! What is answered in one walk through memory is what a search and a sort of the model answer.

use serde_json::{Value, json};

use crate::world::{World, arguments_of, flags};

/// The same numbers each time.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn one<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }
}

async fn ids(world: &mut World, filter: &Value, sort: Value) -> Value {
    let query = json!({"accountId": "A1", "filter": filter, "sort": sort});
    let using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
    let request = json!({"using": using, "methodCalls": [["Email/query", query, "c"]]});
    let response = world.ask(request.to_string().as_bytes()).await;
    arguments_of(&response)["ids"].clone()
}

#[tokio::test]
async fn one_walk_through_memory_finds_what_a_search_finds() {
    let mut world = World::new().await;
    let random = &mut Random(7);
    for _ in 0..80 {
        // Clocks go back, too.
        world.wait(i64::try_from(random.below(7)).unwrap() - 2);
        let mailbox = random.one(&["INBOX", "INBOX", "Archive", "Trash"]);
        let set: Vec<&str> = ["\\Seen", "\\Flagged", "\\Draft"]
            .into_iter()
            .filter(|_| random.below(2) == 0)
            .collect();
        let length = usize::try_from(random.below(400)).unwrap();
        let message = format!("Subject: x\r\n\r\n{}", "y".repeat(length));
        world.append(mailbox, flags(set.into_iter()), message.as_bytes()).await;
    }
    let mut found = 0;
    for _ in 0..150 {
        let mut condition = json!({});
        if random.below(4) > 0 {
            condition["inMailbox"] = random.one(&["F1", "F5", "F6", "F2"]).into();
        }
        if random.below(2) == 0 {
            condition[random.one(&["hasKeyword", "notKeyword"])] =
                random.one(&["$seen", "$flagged", "$draft"]).into();
        }
        if random.below(3) == 0 {
            condition[random.one(&["minSize", "maxSize"])] = random.below(400).into();
        }
        let other =
            json!({random.one(&["hasKeyword", "notKeyword"]): random.one(&["$seen", "$flagged"])});
        let filter = json!({"operator": "AND", "conditions": [condition, other]});
        let not = |filter: &Value| json!({"operator": "NOT", "conditions": [filter]});
        let ascending = random.below(2) == 0;
        let by_arrival = json!({"property": "receivedAt", "isAscending": ascending});
        // Said twice, it is the model that sorts.
        let by_model = json!([by_arrival, by_arrival]);
        let quick = ids(&mut world, &filter, json!([by_arrival])).await;
        let slow = ids(&mut world, &not(&not(&filter)), by_model).await;
        assert_eq!(quick, slow, "{filter}");
        found += quick.as_array().unwrap().len();
    }
    assert!(found > 500, "{found}");
}
