"""Define which function handles which URL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from arcgis_export_widgets.localportal.feature_server import operations, replica
from arcgis_export_widgets.localportal.portal import Call, Portal
from arcgis_export_widgets.localportal.server import control
from arcgis_export_widgets.localportal.sharing import community, item_operations, search, sign_in, user_content

Handler = Callable[[Portal, Call], Any]

SHARING = "/sharing/rest"
SERVER = "/arcgis/rest"
_GET_POST = ("GET", "POST")
_POST = ("POST",)
_ITEM = f"{SHARING}/content/items/{{item_id}}"
_GROUP = f"{SHARING}/community/groups/{{group_id}}"
_USER = f"{SHARING}/content/users/{{username}}"
_SERVICE = f"{SERVER}/services/{{service}}/FeatureServer"
_LAYER = f"{_SERVICE}/{{layer_id:int}}"

# handlers whose default format is JSON, not HTML: they return files, or JSON for OAuth libraries
JSON_HANDLERS = (item_operations.item_data, replica.replica_file, sign_in.token)
# handlers whose errors have the wording of the query operation
QUERY_HANDLERS = (
    operations.query_layer,
    operations.query_layer_bins,
    operations.query_top_features,
    operations.query_service,
)

# handlers of the control interface, which faults do not affect
ADMIN_HANDLERS = (
    control.faults,
    control.clear_faults,
    control.expire_tokens,
    control.add_data,
    control.redirected_file,
)

# operations on one item; the URL may contain the item's folder
_ITEM_OPERATIONS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("", user_content.user_item, _GET_POST),
    ("/status", item_operations.item_status, _GET_POST),
    ("/canDelete", item_operations.can_delete, _GET_POST),
    ("/delete", item_operations.delete_item, _POST),
    ("/update", user_content.update_item, _POST),
    ("/move", user_content.move_item, _POST),
    ("/restore", user_content.restore_item, _POST),
    ("/share", user_content.share_item, _POST),
    ("/unshare", user_content.share_item, _POST),
    ("/protect", user_content.protect_item, _POST),
    ("/unprotect", user_content.protect_item, _POST),
)

ROUTES: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("", operations.services, _GET_POST),
    ("/sharing/info", community.rest_info, _GET_POST),
    (SHARING, community.rest_root, _GET_POST),
    (f"{SHARING}/info", community.rest_info, _GET_POST),
    (f"{SHARING}/generateToken", sign_in.generate_token, _POST),
    (f"{SHARING}/oauth2/authorize", sign_in.authorize, ("GET",)),
    ("/sharing/oauth2/signin", sign_in.sign_in, _POST),
    (f"{SHARING}/oauth2/signin", sign_in.sign_in, _POST),
    (f"{SHARING}/oauth2/approval", sign_in.approval, ("GET",)),
    (f"{SHARING}/oauth2/token", sign_in.token, _GET_POST),
    (f"{SHARING}/oauth2/revokeToken", sign_in.revoke, _POST),
    (f"{SHARING}/portals/self", community.portal_self, _GET_POST),
    (f"{SHARING}/portals/{{portal_id}}", community.portal_self, _GET_POST),
    (f"{SHARING}/portals/{{portal_id}}/users", community.portal_users, _GET_POST),
    (f"{SHARING}/community/self", community.community_self, _GET_POST),
    (f"{SHARING}/community/users", community.search_users, _GET_POST),
    (f"{SHARING}/community/users/{{username}}", community.community_user, _GET_POST),
    (f"{SHARING}/community/groups", community.search_groups, _GET_POST),
    (f"{SHARING}/community/createGroup", community.create_group, _POST),
    (_GROUP, community.group, _GET_POST),
    (f"{_GROUP}/users", community.group_users, _GET_POST),
    (f"{_GROUP}/update", community.update_group, _POST),
    (f"{_GROUP}/delete", community.delete_group, _POST),
    (f"{_GROUP}/addUsers", community.add_users, _POST),
    (f"{_GROUP}/removeUsers", community.remove_users, _POST),
    (f"{_GROUP}/join", community.join_group, _POST),
    (f"{_GROUP}/leave", community.leave_group, _POST),
    (f"{SHARING}/search", search.search, _GET_POST),
    (_ITEM, item_operations.item, _GET_POST),
    (f"{_ITEM}/data", item_operations.item_data, _GET_POST),
    (f"{_ITEM}/share", user_content.share_item, _POST),
    (f"{_ITEM}/unshare", user_content.share_item, _POST),
    (f"{_ITEM}/groups", user_content.item_groups, _GET_POST),
    (f"{_ITEM}/dependencies", item_operations.nothing_related, _GET_POST),
    (f"{_ITEM}/dependencies/listDependentsTo", item_operations.nothing_related, _GET_POST),
    (f"{_ITEM}/relatedItems", item_operations.nothing_related, _GET_POST),
    (f"{_ITEM}/resources", item_operations.nothing_related, _GET_POST),
    (f"{_ITEM}/info/metadata/metadata.xml", item_operations.metadata, _GET_POST),
    (f"{SHARING}/content/groups/{{group_id}}", community.group_content, _GET_POST),
    (f"{SHARING}/content/groups/{{group_id}}/search", community.group_content, _GET_POST),
    (_USER, user_content.user_content, _GET_POST),
    (f"{_USER}/export", item_operations.export, _POST),
    (f"{_USER}/createFolder", user_content.create_folder, _POST),
    (f"{_USER}/deleteItems", item_operations.delete_items, _POST),
    (f"{_USER}/shareItems", user_content.share_items, _POST),
    (f"{_USER}/unshareItems", user_content.share_items, _POST),
    *((f"{_USER}/items/{{item_id}}{path}", handler, methods) for path, handler, methods in _ITEM_OPERATIONS),
    *((f"{_USER}/{{folder_id}}/items/{{item_id}}{path}", handler, methods)
      for path, handler, methods in _ITEM_OPERATIONS),
    (f"{_USER}/{{folder_id}}", user_content.user_content, _GET_POST),
    (f"{_USER}/{{folder_id}}/delete", user_content.delete_folder, _POST),
    (f"{SERVER}/info", operations.server_info, _GET_POST),
    (f"{SERVER}/services", operations.services, _GET_POST),
    (_SERVICE, operations.service_root, _GET_POST),
    (f"{_SERVICE}/layers", operations.service_layers, _GET_POST),
    (f"{_SERVICE}/queryDomains", operations.query_domains, _GET_POST),
    (f"{_SERVICE}/query", operations.query_service, _GET_POST),
    (f"{_SERVICE}/getEstimates", operations.service_estimates, _GET_POST),
    (f"{_SERVICE}/createReplica", replica.create_replica, _POST),
    (f"{_SERVICE}/jobs/{{job_id}}", replica.replica_status, _GET_POST),
    (f"{_SERVICE}/replicafilescache/{{job_id}}.{{extension}}", replica.replica_file, _GET_POST),
    (_LAYER, operations.layer_root, _GET_POST),
    (f"{_LAYER}/query", operations.query_layer, _GET_POST),
    (f"{_LAYER}/queryBins", operations.query_layer_bins, _GET_POST),
    (f"{_LAYER}/queryTopFeatures", operations.query_top_features, _GET_POST),
    (f"{_LAYER}/queryRelatedRecords", operations.query_related_records, _GET_POST),
    (f"{_LAYER}/getEstimates", operations.layer_estimates, _GET_POST),
    (f"{_LAYER}/validateSQL", operations.validate_sql, _GET_POST),
    (f"{_LAYER}/{{object_id:int}}", operations.feature, _GET_POST),
    (f"{SERVER}/services/{{rest:path}}", operations.invalid_url, _GET_POST),
    ("/localportal/faults", control.faults, _GET_POST),
    ("/localportal/faults/clear", control.clear_faults, _POST),
    ("/localportal/expireTokens", control.expire_tokens, _POST),
    ("/localportal/add", control.add_data, _POST),
    ("/localportal/elsewhere/{key}", control.redirected_file, ("GET",)),
)  # fmt: skip
