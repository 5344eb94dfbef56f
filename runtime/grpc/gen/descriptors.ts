// Made by scripts/generate-proto.ts from proto.
export const DESCRIPTORS: object = {
  "nested": {
    "cleat": {
      "nested": {
        "ca": {
          "nested": {
            "v1": {
              "nested": {
                "Bootstrap": {
                  "methods": {
                    "Issue": {
                      "requestType": "IssueRequest",
                      "responseType": "IssueResponse"
                    }
                  }
                },
                "Mesh": {
                  "methods": {
                    "Renew": {
                      "requestType": "RenewRequest",
                      "responseType": "RenewResponse"
                    },
                    "Watch": {
                      "requestType": "WatchRequest",
                      "responseType": "WatchResponse",
                      "responseStream": true
                    },
                    "Acknowledge": {
                      "requestType": "AcknowledgeRequest",
                      "responseType": "AcknowledgeResponse"
                    },
                    "MintToken": {
                      "requestType": "MintTokenRequest",
                      "responseType": "MintTokenResponse"
                    }
                  }
                },
                "IssueRequest": {
                  "oneofs": {
                    "evidence": {
                      "oneof": [
                        "join_token",
                        "x509",
                        "oidc_token"
                      ]
                    }
                  },
                  "fields": {
                    "csr": {
                      "type": "bytes",
                      "id": 1
                    },
                    "join_token": {
                      "type": "string",
                      "id": 2
                    },
                    "x509": {
                      "type": "X509Possession",
                      "id": 4
                    },
                    "oidc_token": {
                      "type": "string",
                      "id": 5
                    },
                    "ttl_seconds": {
                      "type": "uint32",
                      "id": 3
                    }
                  }
                },
                "X509Possession": {
                  "fields": {
                    "chain": {
                      "rule": "repeated",
                      "type": "bytes",
                      "id": 1
                    },
                    "signed_at": {
                      "type": "int64",
                      "id": 2
                    },
                    "signature": {
                      "type": "bytes",
                      "id": 3
                    }
                  }
                },
                "IssueResponse": {
                  "fields": {
                    "certificate": {
                      "type": "Certificate",
                      "id": 1
                    }
                  }
                },
                "RenewRequest": {
                  "fields": {
                    "csr": {
                      "type": "bytes",
                      "id": 1
                    },
                    "ttl_seconds": {
                      "type": "uint32",
                      "id": 2
                    }
                  }
                },
                "RenewResponse": {
                  "fields": {
                    "certificate": {
                      "type": "Certificate",
                      "id": 1
                    }
                  }
                },
                "Certificate": {
                  "fields": {
                    "chain": {
                      "rule": "repeated",
                      "type": "bytes",
                      "id": 1
                    },
                    "bundle": {
                      "type": "Bundle",
                      "id": 2
                    },
                    "spiffe_id": {
                      "type": "string",
                      "id": 3
                    },
                    "renew_at": {
                      "type": "int64",
                      "id": 4
                    },
                    "not_after": {
                      "type": "int64",
                      "id": 5
                    },
                    "lineage_id": {
                      "type": "bytes",
                      "id": 6
                    },
                    "lineage_sequence": {
                      "type": "uint32",
                      "id": 7
                    }
                  }
                },
                "Bundle": {
                  "fields": {
                    "generation": {
                      "type": "uint64",
                      "id": 1
                    },
                    "roots": {
                      "rule": "repeated",
                      "type": "bytes",
                      "id": 2
                    }
                  }
                },
                "WatchRequest": {
                  "fields": {}
                },
                "WatchResponse": {
                  "fields": {
                    "bundle": {
                      "type": "Bundle",
                      "id": 1
                    },
                    "revocations": {
                      "type": "Revocations",
                      "id": 2
                    }
                  }
                },
                "Revocations": {
                  "fields": {
                    "generation": {
                      "type": "uint64",
                      "id": 1
                    },
                    "whole": {
                      "type": "bool",
                      "id": 2
                    },
                    "more": {
                      "type": "bool",
                      "id": 3
                    },
                    "entries": {
                      "rule": "repeated",
                      "type": "Revocation",
                      "id": 4
                    }
                  }
                },
                "Revocation": {
                  "oneofs": {
                    "revoked": {
                      "oneof": [
                        "certificate",
                        "lineage_id",
                        "frozen_lineage_id",
                        "spiffe_id",
                        "jti",
                        "sub",
                        "kid",
                        "frozen_spiffe_id",
                        "origin"
                      ]
                    }
                  },
                  "fields": {
                    "generation": {
                      "type": "uint64",
                      "id": 1
                    },
                    "reason": {
                      "type": "uint32",
                      "id": 2
                    },
                    "revoked_at": {
                      "type": "int64",
                      "id": 3
                    },
                    "ends_at": {
                      "type": "int64",
                      "id": 4
                    },
                    "certificate": {
                      "type": "RevokedCertificate",
                      "id": 5
                    },
                    "lineage_id": {
                      "type": "bytes",
                      "id": 6
                    },
                    "frozen_lineage_id": {
                      "type": "bytes",
                      "id": 7
                    },
                    "spiffe_id": {
                      "type": "string",
                      "id": 8
                    },
                    "jti": {
                      "type": "RevokedToken",
                      "id": 9
                    },
                    "sub": {
                      "type": "RevokedToken",
                      "id": 10
                    },
                    "kid": {
                      "type": "RevokedToken",
                      "id": 11
                    },
                    "frozen_spiffe_id": {
                      "type": "string",
                      "id": 12
                    },
                    "origin": {
                      "type": "RevokedToken",
                      "id": 13
                    }
                  }
                },
                "RevokedCertificate": {
                  "fields": {
                    "serial": {
                      "type": "bytes",
                      "id": 1
                    },
                    "thumbprint": {
                      "type": "bytes",
                      "id": 2
                    },
                    "lineage_id": {
                      "type": "bytes",
                      "id": 3
                    },
                    "lineage_sequence": {
                      "type": "uint32",
                      "id": 4
                    }
                  }
                },
                "RevokedToken": {
                  "fields": {
                    "issuer": {
                      "type": "string",
                      "id": 1
                    },
                    "value": {
                      "type": "string",
                      "id": 2
                    }
                  }
                },
                "AcknowledgeRequest": {
                  "fields": {
                    "bundle_generation": {
                      "type": "uint64",
                      "id": 1
                    },
                    "revocation_generation": {
                      "type": "uint64",
                      "id": 2
                    }
                  }
                },
                "AcknowledgeResponse": {
                  "fields": {}
                },
                "MintTokenRequest": {
                  "fields": {
                    "audience": {
                      "type": "string",
                      "id": 1
                    },
                    "scopes": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 2
                    },
                    "ttl_seconds": {
                      "type": "uint32",
                      "id": 3
                    }
                  }
                },
                "MintTokenResponse": {
                  "fields": {
                    "token": {
                      "type": "string",
                      "id": 1
                    },
                    "expires_at": {
                      "type": "int64",
                      "id": 2
                    },
                    "scopes": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 3
                    }
                  }
                },
                "Admin": {
                  "methods": {
                    "ListCertificates": {
                      "requestType": "ListCertificatesRequest",
                      "responseType": "ListCertificatesResponse"
                    },
                    "ListLineages": {
                      "requestType": "ListLineagesRequest",
                      "responseType": "ListLineagesResponse"
                    },
                    "ListSidecars": {
                      "requestType": "ListSidecarsRequest",
                      "responseType": "ListSidecarsResponse"
                    },
                    "ListRevocations": {
                      "requestType": "ListRevocationsRequest",
                      "responseType": "ListRevocationsResponse"
                    },
                    "Revoke": {
                      "requestType": "RevokeRequest",
                      "responseType": "RevocationEntry"
                    },
                    "MakeJoinToken": {
                      "requestType": "MakeJoinTokenRequest",
                      "responseType": "MakeJoinTokenResponse"
                    },
                    "ListJoinTokens": {
                      "requestType": "ListJoinTokensRequest",
                      "responseType": "ListJoinTokensResponse"
                    },
                    "WithdrawJoinToken": {
                      "requestType": "WithdrawJoinTokenRequest",
                      "responseType": "WithdrawJoinTokenResponse"
                    },
                    "Rotate": {
                      "requestType": "RotateRequest",
                      "responseType": "RotationStatus"
                    },
                    "CreateClient": {
                      "requestType": "CreateClientRequest",
                      "responseType": "ClientAnswer"
                    },
                    "ListClients": {
                      "requestType": "ListClientsRequest",
                      "responseType": "ListClientsResponse"
                    },
                    "RotateClient": {
                      "requestType": "RotateClientRequest",
                      "responseType": "ClientAnswer"
                    },
                    "DisableClient": {
                      "requestType": "DisableClientRequest",
                      "responseType": "ClientAnswer"
                    },
                    "CreateApiKey": {
                      "requestType": "CreateApiKeyRequest",
                      "responseType": "ApiKeyAnswer"
                    },
                    "ListApiKeys": {
                      "requestType": "ListApiKeysRequest",
                      "responseType": "ListApiKeysResponse"
                    },
                    "RotateApiKey": {
                      "requestType": "RotateApiKeyRequest",
                      "responseType": "ApiKeyAnswer"
                    },
                    "RevokeApiKey": {
                      "requestType": "RevokeApiKeyRequest",
                      "responseType": "ApiKeyAnswer"
                    },
                    "CreateMandate": {
                      "requestType": "CreateMandateRequest",
                      "responseType": "MandateAnswer"
                    },
                    "ListMandates": {
                      "requestType": "ListMandatesRequest",
                      "responseType": "ListMandatesResponse"
                    },
                    "EndMandate": {
                      "requestType": "EndMandateRequest",
                      "responseType": "MandateAnswer"
                    }
                  }
                },
                "ListCertificatesRequest": {
                  "oneofs": {
                    "_spiffe_id": {
                      "oneof": [
                        "spiffe_id"
                      ]
                    },
                    "_serial": {
                      "oneof": [
                        "serial"
                      ]
                    },
                    "_after": {
                      "oneof": [
                        "after"
                      ]
                    }
                  },
                  "fields": {
                    "spiffe_id": {
                      "type": "string",
                      "id": 1,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "serial": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "after": {
                      "type": "string",
                      "id": 3,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "ListCertificatesResponse": {
                  "oneofs": {
                    "_next": {
                      "oneof": [
                        "next"
                      ]
                    }
                  },
                  "fields": {
                    "certificates": {
                      "rule": "repeated",
                      "type": "IssuedCertificate",
                      "id": 1
                    },
                    "next": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "IssuedCertificate": {
                  "oneofs": {
                    "_evidence": {
                      "oneof": [
                        "evidence"
                      ]
                    }
                  },
                  "fields": {
                    "serial": {
                      "type": "string",
                      "id": 1
                    },
                    "spiffe_id": {
                      "type": "string",
                      "id": 2
                    },
                    "lineage_id": {
                      "type": "string",
                      "id": 3
                    },
                    "sequence": {
                      "type": "uint32",
                      "id": 4
                    },
                    "attestor": {
                      "type": "string",
                      "id": 5
                    },
                    "evidence": {
                      "type": "string",
                      "id": 6,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "issued_at": {
                      "type": "int64",
                      "id": 7
                    },
                    "not_after": {
                      "type": "int64",
                      "id": 8
                    },
                    "thumbprint": {
                      "type": "string",
                      "id": 9
                    },
                    "authority": {
                      "type": "string",
                      "id": 10
                    }
                  }
                },
                "ListLineagesRequest": {
                  "oneofs": {
                    "_spiffe_id": {
                      "oneof": [
                        "spiffe_id"
                      ]
                    },
                    "_after": {
                      "oneof": [
                        "after"
                      ]
                    }
                  },
                  "fields": {
                    "spiffe_id": {
                      "type": "string",
                      "id": 1,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "after": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "ListLineagesResponse": {
                  "oneofs": {
                    "_next": {
                      "oneof": [
                        "next"
                      ]
                    }
                  },
                  "fields": {
                    "lineages": {
                      "rule": "repeated",
                      "type": "LineageState",
                      "id": 1
                    },
                    "next": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "LineageState": {
                  "oneofs": {
                    "_frozen_at": {
                      "oneof": [
                        "frozen_at"
                      ]
                    }
                  },
                  "fields": {
                    "lineage_id": {
                      "type": "string",
                      "id": 1
                    },
                    "spiffe_id": {
                      "type": "string",
                      "id": 2
                    },
                    "sequence": {
                      "type": "uint32",
                      "id": 3
                    },
                    "serial": {
                      "type": "string",
                      "id": 4
                    },
                    "not_after": {
                      "type": "int64",
                      "id": 5
                    },
                    "frozen_at": {
                      "type": "int64",
                      "id": 6,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "ListSidecarsRequest": {
                  "oneofs": {
                    "_after": {
                      "oneof": [
                        "after"
                      ]
                    }
                  },
                  "fields": {
                    "after": {
                      "type": "string",
                      "id": 1,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "ListSidecarsResponse": {
                  "oneofs": {
                    "_next": {
                      "oneof": [
                        "next"
                      ]
                    }
                  },
                  "fields": {
                    "sidecars": {
                      "rule": "repeated",
                      "type": "SidecarState",
                      "id": 1
                    },
                    "next": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "SidecarState": {
                  "oneofs": {
                    "_runs_on": {
                      "oneof": [
                        "runs_on"
                      ]
                    }
                  },
                  "fields": {
                    "spiffe_id": {
                      "type": "string",
                      "id": 1
                    },
                    "lineage_id": {
                      "type": "string",
                      "id": 2
                    },
                    "serial": {
                      "type": "string",
                      "id": 3
                    },
                    "not_after": {
                      "type": "int64",
                      "id": 4
                    },
                    "runs_on": {
                      "type": "uint64",
                      "id": 5,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "ListRevocationsRequest": {
                  "fields": {}
                },
                "ListRevocationsResponse": {
                  "fields": {
                    "generation": {
                      "type": "uint64",
                      "id": 1
                    },
                    "entries": {
                      "rule": "repeated",
                      "type": "RevocationEntry",
                      "id": 2
                    }
                  }
                },
                "RevocationEntry": {
                  "oneofs": {
                    "_serial": {
                      "oneof": [
                        "serial"
                      ]
                    },
                    "_thumbprint": {
                      "oneof": [
                        "thumbprint"
                      ]
                    },
                    "_lineage_id": {
                      "oneof": [
                        "lineage_id"
                      ]
                    },
                    "_sequence": {
                      "oneof": [
                        "sequence"
                      ]
                    },
                    "_spiffe_id": {
                      "oneof": [
                        "spiffe_id"
                      ]
                    },
                    "_issuer": {
                      "oneof": [
                        "issuer"
                      ]
                    },
                    "_value": {
                      "oneof": [
                        "value"
                      ]
                    }
                  },
                  "fields": {
                    "generation": {
                      "type": "uint64",
                      "id": 1
                    },
                    "kind": {
                      "type": "string",
                      "id": 2
                    },
                    "serial": {
                      "type": "string",
                      "id": 3,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "thumbprint": {
                      "type": "string",
                      "id": 4,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "lineage_id": {
                      "type": "string",
                      "id": 5,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "sequence": {
                      "type": "uint32",
                      "id": 6,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "spiffe_id": {
                      "type": "string",
                      "id": 7,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "issuer": {
                      "type": "string",
                      "id": 8,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "value": {
                      "type": "string",
                      "id": 9,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "reason": {
                      "type": "string",
                      "id": 10
                    },
                    "revoked_at": {
                      "type": "int64",
                      "id": 11
                    },
                    "ends_at": {
                      "type": "int64",
                      "id": 12
                    }
                  }
                },
                "RevokeRequest": {
                  "oneofs": {
                    "_serial": {
                      "oneof": [
                        "serial"
                      ]
                    },
                    "_lineage": {
                      "oneof": [
                        "lineage"
                      ]
                    },
                    "_spiffe_id": {
                      "oneof": [
                        "spiffe_id"
                      ]
                    },
                    "_jti": {
                      "oneof": [
                        "jti"
                      ]
                    },
                    "_sub": {
                      "oneof": [
                        "sub"
                      ]
                    },
                    "_kid": {
                      "oneof": [
                        "kid"
                      ]
                    },
                    "_issuer": {
                      "oneof": [
                        "issuer"
                      ]
                    },
                    "_until": {
                      "oneof": [
                        "until"
                      ]
                    },
                    "_reason": {
                      "oneof": [
                        "reason"
                      ]
                    },
                    "_origin": {
                      "oneof": [
                        "origin"
                      ]
                    }
                  },
                  "fields": {
                    "serial": {
                      "type": "string",
                      "id": 1,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "lineage": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "spiffe_id": {
                      "type": "string",
                      "id": 3,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "jti": {
                      "type": "string",
                      "id": 4,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "sub": {
                      "type": "string",
                      "id": 5,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "kid": {
                      "type": "string",
                      "id": 6,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "issuer": {
                      "type": "string",
                      "id": 7,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "until": {
                      "type": "string",
                      "id": 8,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "reason": {
                      "type": "string",
                      "id": 9,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "origin": {
                      "type": "string",
                      "id": 10,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "MakeJoinTokenRequest": {
                  "oneofs": {
                    "_ttl": {
                      "oneof": [
                        "ttl"
                      ]
                    }
                  },
                  "fields": {
                    "path": {
                      "type": "string",
                      "id": 1
                    },
                    "dns_names": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 2
                    },
                    "ttl": {
                      "type": "string",
                      "id": 3,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "MakeJoinTokenResponse": {
                  "fields": {
                    "token": {
                      "type": "string",
                      "id": 1
                    },
                    "spiffe_id": {
                      "type": "string",
                      "id": 2
                    },
                    "dns_names": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 3
                    },
                    "expires_at": {
                      "type": "int64",
                      "id": 4
                    }
                  }
                },
                "ListJoinTokensRequest": {
                  "fields": {}
                },
                "ListJoinTokensResponse": {
                  "fields": {
                    "join_tokens": {
                      "rule": "repeated",
                      "type": "JoinTokenState",
                      "id": 1
                    }
                  }
                },
                "JoinTokenState": {
                  "fields": {
                    "id": {
                      "type": "string",
                      "id": 1
                    },
                    "path": {
                      "type": "string",
                      "id": 2
                    },
                    "dns_names": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 3
                    },
                    "expires_at": {
                      "type": "int64",
                      "id": 4
                    }
                  }
                },
                "WithdrawJoinTokenRequest": {
                  "fields": {
                    "id": {
                      "type": "string",
                      "id": 1
                    }
                  }
                },
                "WithdrawJoinTokenResponse": {
                  "fields": {}
                },
                "RotateRequest": {
                  "oneofs": {
                    "_force": {
                      "oneof": [
                        "force"
                      ]
                    }
                  },
                  "fields": {
                    "step": {
                      "type": "string",
                      "id": 1
                    },
                    "force": {
                      "type": "bool",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "RotationStatus": {
                  "fields": {
                    "phase": {
                      "type": "string",
                      "id": 1
                    },
                    "source": {
                      "type": "string",
                      "id": 2
                    },
                    "bundle_generation": {
                      "type": "uint64",
                      "id": 3
                    },
                    "schedule_is_paused": {
                      "type": "bool",
                      "id": 4
                    },
                    "authorities": {
                      "rule": "repeated",
                      "type": "AuthorityState",
                      "id": 5
                    },
                    "unacknowledged": {
                      "rule": "repeated",
                      "type": "SidecarState",
                      "id": 6
                    },
                    "still_used": {
                      "rule": "repeated",
                      "type": "SidecarState",
                      "id": 7
                    }
                  }
                },
                "AuthorityState": {
                  "fields": {
                    "slot": {
                      "type": "string",
                      "id": 1
                    },
                    "thumbprint": {
                      "type": "string",
                      "id": 2
                    },
                    "root_thumbprint": {
                      "type": "string",
                      "id": 3
                    },
                    "not_before": {
                      "type": "int64",
                      "id": 4
                    },
                    "ends_at": {
                      "type": "int64",
                      "id": 5
                    },
                    "published_at": {
                      "type": "uint64",
                      "id": 6
                    },
                    "begun_by": {
                      "type": "string",
                      "id": 7
                    }
                  }
                },
                "WorkloadPattern": {
                  "oneofs": {
                    "_exact": {
                      "oneof": [
                        "exact"
                      ]
                    },
                    "_under": {
                      "oneof": [
                        "under"
                      ]
                    },
                    "_any": {
                      "oneof": [
                        "any"
                      ]
                    }
                  },
                  "fields": {
                    "exact": {
                      "type": "string",
                      "id": 1,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "under": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "any": {
                      "type": "bool",
                      "id": 3,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "CreateClientRequest": {
                  "oneofs": {
                    "_dpop_bound": {
                      "oneof": [
                        "dpop_bound"
                      ]
                    },
                    "_jwks": {
                      "oneof": [
                        "jwks"
                      ]
                    }
                  },
                  "fields": {
                    "id": {
                      "type": "string",
                      "id": 1
                    },
                    "methods": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 2
                    },
                    "spiffe": {
                      "rule": "repeated",
                      "type": "WorkloadPattern",
                      "id": 3
                    },
                    "audiences": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 4
                    },
                    "scopes": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 5
                    },
                    "dpop_bound": {
                      "type": "bool",
                      "id": 6,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "jwks": {
                      "type": "string",
                      "id": 7,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "ListClientsRequest": {
                  "oneofs": {
                    "_id": {
                      "oneof": [
                        "id"
                      ]
                    },
                    "_after": {
                      "oneof": [
                        "after"
                      ]
                    }
                  },
                  "fields": {
                    "id": {
                      "type": "string",
                      "id": 1,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "after": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "ListClientsResponse": {
                  "oneofs": {
                    "_next": {
                      "oneof": [
                        "next"
                      ]
                    }
                  },
                  "fields": {
                    "clients": {
                      "rule": "repeated",
                      "type": "ClientState",
                      "id": 1
                    },
                    "next": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "ClientState": {
                  "oneofs": {
                    "_jwks": {
                      "oneof": [
                        "jwks"
                      ]
                    },
                    "_disabled_at": {
                      "oneof": [
                        "disabled_at"
                      ]
                    }
                  },
                  "fields": {
                    "id": {
                      "type": "string",
                      "id": 1
                    },
                    "methods": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 2
                    },
                    "spiffe": {
                      "rule": "repeated",
                      "type": "WorkloadPattern",
                      "id": 3
                    },
                    "audiences": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 4
                    },
                    "scopes": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 5
                    },
                    "dpop_bound": {
                      "type": "bool",
                      "id": 6
                    },
                    "jwks": {
                      "type": "string",
                      "id": 7,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "secrets": {
                      "rule": "repeated",
                      "type": "ClientSecretState",
                      "id": 8
                    },
                    "created_at": {
                      "type": "int64",
                      "id": 9
                    },
                    "disabled_at": {
                      "type": "int64",
                      "id": 10,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "ClientSecretState": {
                  "oneofs": {
                    "_ends_at": {
                      "oneof": [
                        "ends_at"
                      ]
                    }
                  },
                  "fields": {
                    "ends_at": {
                      "type": "int64",
                      "id": 1,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "RotateClientRequest": {
                  "oneofs": {
                    "_overlap": {
                      "oneof": [
                        "overlap"
                      ]
                    },
                    "_jwks": {
                      "oneof": [
                        "jwks"
                      ]
                    }
                  },
                  "fields": {
                    "id": {
                      "type": "string",
                      "id": 1
                    },
                    "overlap": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "jwks": {
                      "type": "string",
                      "id": 3,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "DisableClientRequest": {
                  "fields": {
                    "id": {
                      "type": "string",
                      "id": 1
                    }
                  }
                },
                "ClientAnswer": {
                  "oneofs": {
                    "_secret": {
                      "oneof": [
                        "secret"
                      ]
                    }
                  },
                  "fields": {
                    "client": {
                      "type": "ClientState",
                      "id": 1
                    },
                    "secret": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "CreateApiKeyRequest": {
                  "oneofs": {
                    "_ttl": {
                      "oneof": [
                        "ttl"
                      ]
                    },
                    "_per_minute": {
                      "oneof": [
                        "per_minute"
                      ]
                    },
                    "_per_day": {
                      "oneof": [
                        "per_day"
                      ]
                    }
                  },
                  "fields": {
                    "client": {
                      "type": "string",
                      "id": 1
                    },
                    "owner": {
                      "type": "string",
                      "id": 2
                    },
                    "ttl": {
                      "type": "string",
                      "id": 3,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "audiences": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 4
                    },
                    "scopes": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 5
                    },
                    "spiffe": {
                      "rule": "repeated",
                      "type": "WorkloadPattern",
                      "id": 6
                    },
                    "networks": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 7
                    },
                    "per_minute": {
                      "type": "uint32",
                      "id": 8,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "per_day": {
                      "type": "uint32",
                      "id": 9,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "ListApiKeysRequest": {
                  "oneofs": {
                    "_client": {
                      "oneof": [
                        "client"
                      ]
                    },
                    "_after": {
                      "oneof": [
                        "after"
                      ]
                    }
                  },
                  "fields": {
                    "client": {
                      "type": "string",
                      "id": 1,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "after": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "ListApiKeysResponse": {
                  "oneofs": {
                    "_next": {
                      "oneof": [
                        "next"
                      ]
                    }
                  },
                  "fields": {
                    "api_keys": {
                      "rule": "repeated",
                      "type": "ApiKeyState",
                      "id": 1
                    },
                    "next": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "ApiKeyState": {
                  "oneofs": {
                    "_revoked_at": {
                      "oneof": [
                        "revoked_at"
                      ]
                    },
                    "_last_used_at": {
                      "oneof": [
                        "last_used_at"
                      ]
                    },
                    "_used_on_that_day": {
                      "oneof": [
                        "used_on_that_day"
                      ]
                    }
                  },
                  "fields": {
                    "id": {
                      "type": "string",
                      "id": 1
                    },
                    "client": {
                      "type": "string",
                      "id": 2
                    },
                    "owner": {
                      "type": "string",
                      "id": 3
                    },
                    "audiences": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 4
                    },
                    "scopes": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 5
                    },
                    "spiffe": {
                      "rule": "repeated",
                      "type": "WorkloadPattern",
                      "id": 6
                    },
                    "networks": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 7
                    },
                    "per_minute": {
                      "type": "uint32",
                      "id": 8
                    },
                    "per_day": {
                      "type": "uint32",
                      "id": 9
                    },
                    "created_at": {
                      "type": "int64",
                      "id": 10
                    },
                    "expires_at": {
                      "type": "int64",
                      "id": 11
                    },
                    "revoked_at": {
                      "type": "int64",
                      "id": 12,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "last_used_at": {
                      "type": "int64",
                      "id": 13,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "used_on_that_day": {
                      "type": "uint32",
                      "id": 14,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "RotateApiKeyRequest": {
                  "oneofs": {
                    "_overlap": {
                      "oneof": [
                        "overlap"
                      ]
                    },
                    "_ttl": {
                      "oneof": [
                        "ttl"
                      ]
                    }
                  },
                  "fields": {
                    "id": {
                      "type": "string",
                      "id": 1
                    },
                    "overlap": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "ttl": {
                      "type": "string",
                      "id": 3,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "RevokeApiKeyRequest": {
                  "oneofs": {
                    "_id": {
                      "oneof": [
                        "id"
                      ]
                    },
                    "_hash": {
                      "oneof": [
                        "hash"
                      ]
                    }
                  },
                  "fields": {
                    "id": {
                      "type": "string",
                      "id": 1,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "hash": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "ApiKeyAnswer": {
                  "oneofs": {
                    "_key": {
                      "oneof": [
                        "key"
                      ]
                    }
                  },
                  "fields": {
                    "api_key": {
                      "type": "ApiKeyState",
                      "id": 1
                    },
                    "key": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "CreateMandateRequest": {
                  "oneofs": {
                    "_spiffe": {
                      "oneof": [
                        "spiffe"
                      ]
                    },
                    "_client": {
                      "oneof": [
                        "client"
                      ]
                    }
                  },
                  "fields": {
                    "spiffe": {
                      "type": "WorkloadPattern",
                      "id": 1,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "client": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "audience": {
                      "type": "string",
                      "id": 3
                    },
                    "scopes": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 4
                    },
                    "for": {
                      "type": "string",
                      "id": 5
                    },
                    "purpose": {
                      "type": "string",
                      "id": 6
                    }
                  }
                },
                "ListMandatesRequest": {
                  "oneofs": {
                    "_after": {
                      "oneof": [
                        "after"
                      ]
                    }
                  },
                  "fields": {
                    "after": {
                      "type": "string",
                      "id": 1,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "ListMandatesResponse": {
                  "oneofs": {
                    "_next": {
                      "oneof": [
                        "next"
                      ]
                    }
                  },
                  "fields": {
                    "mandates": {
                      "rule": "repeated",
                      "type": "MandateState",
                      "id": 1
                    },
                    "next": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "MandateState": {
                  "fields": {
                    "id": {
                      "type": "string",
                      "id": 1
                    },
                    "for": {
                      "type": "MandateHolder",
                      "id": 2
                    },
                    "audience": {
                      "type": "string",
                      "id": 3
                    },
                    "scopes": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 4
                    },
                    "purpose": {
                      "type": "string",
                      "id": 5
                    },
                    "created_at": {
                      "type": "int64",
                      "id": 6
                    },
                    "ends_at": {
                      "type": "int64",
                      "id": 7
                    }
                  }
                },
                "MandateHolder": {
                  "oneofs": {
                    "_spiffe": {
                      "oneof": [
                        "spiffe"
                      ]
                    },
                    "_client": {
                      "oneof": [
                        "client"
                      ]
                    }
                  },
                  "fields": {
                    "spiffe": {
                      "type": "WorkloadPattern",
                      "id": 1,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "client": {
                      "type": "string",
                      "id": 2,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "EndMandateRequest": {
                  "fields": {
                    "id": {
                      "type": "string",
                      "id": 1
                    }
                  }
                },
                "MandateAnswer": {
                  "fields": {
                    "mandate": {
                      "type": "MandateState",
                      "id": 1
                    }
                  }
                }
              }
            }
          }
        }
      }
    },
    "grpc": {
      "nested": {
        "health": {
          "nested": {
            "v1": {
              "options": {
                "csharp_namespace": "Grpc.Health.V1",
                "go_package": "google.golang.org/grpc/health/grpc_health_v1",
                "java_multiple_files": true,
                "java_outer_classname": "HealthProto",
                "java_package": "io.grpc.health.v1"
              },
              "nested": {
                "HealthListRequest": {
                  "fields": {}
                },
                "HealthListResponse": {
                  "fields": {
                    "statuses": {
                      "keyType": "string",
                      "type": "HealthCheckResponse",
                      "id": 1
                    }
                  }
                },
                "HealthCheckRequest": {
                  "fields": {
                    "service": {
                      "type": "string",
                      "id": 1
                    }
                  }
                },
                "HealthCheckResponse": {
                  "fields": {
                    "status": {
                      "type": "ServingStatus",
                      "id": 1
                    }
                  },
                  "nested": {
                    "ServingStatus": {
                      "values": {
                        "UNKNOWN": 0,
                        "SERVING": 1,
                        "NOT_SERVING": 2,
                        "SERVICE_UNKNOWN": 3
                      }
                    }
                  }
                },
                "Health": {
                  "methods": {
                    "Check": {
                      "requestType": "HealthCheckRequest",
                      "responseType": "HealthCheckResponse"
                    },
                    "Watch": {
                      "requestType": "HealthCheckRequest",
                      "responseType": "HealthCheckResponse",
                      "responseStream": true
                    },
                    "List": {
                      "requestType": "HealthListRequest",
                      "responseType": "HealthListResponse"
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
};
