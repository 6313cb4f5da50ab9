//! The description of the API. It is a test of its own, as whatever asks for it is compiled with all
//! endpoints.

#[test]
fn the_api_is_described_as_it_was_agreed() {
    insta::assert_snapshot!("openapi", submission_service::openapi_json());
}
