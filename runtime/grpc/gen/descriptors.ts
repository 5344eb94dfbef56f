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
                        "join_token"
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
                    "ttl_seconds": {
                      "type": "uint32",
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
                    }
                  }
                },
                "AcknowledgeRequest": {
                  "fields": {
                    "bundle_generation": {
                      "type": "uint64",
                      "id": 1
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
