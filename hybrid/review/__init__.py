"""The review desk: answers that were refused, poor or disliked become work for those who own the documents."""
